/**
 * The part of a file system that a log needs, without its surprises: whole files are read only during recovery, and every change
 * goes through `commit`, one batch at a time.
 *
 * A real one stands on files, the simulator's tears writes, loses what was not synced, fails syncs and flips bits.
 */
export interface Disk {
  /** Names of all files, in ascending order. When a disk is opened the list is durable; what the files hold may not be. */
  list(): readonly string[]
  /** The whole content of a file. Throws `QUORATE_DISK_FAILED` when it cannot be read. */
  read(file: string): Uint8Array
  /**
   * `length` bytes of a file from `offset`, as they are now, also while a commit is in flight. Throws `QUORATE_DISK_FAILED` when
   * they cannot be read or the file ends before.
   */
  readAt(file: string, offset: number, length: number): Uint8Array
  /**
   * Applies `changes` in order, makes the whole content of the files that they name durable, not only what changed, then calls
   * `done`, as a step of its own: never from within `commit`, also when there is nothing to change. At most one commit is in
   * flight. When it fails, `done` gets the error, any part of the changes may be on the disk, and the disk must not be used any more.
   */
  commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void
}

/** One change of a file: `append` creates the file if it is new; its bytes must stay as they are until the commit is done. */
export type DiskChange =
  | { readonly type: 'append'; readonly file: string; readonly bytes: readonly Uint8Array[] }
  | { readonly type: 'resize'; readonly file: string; readonly bytes: number }
  | { readonly type: 'remove'; readonly file: string }

/** Why a commit failed. `reason` is the operating system's code where there is one: `ENOSPC`, `EIO`… */
export interface DiskError {
  readonly code: 'QUORATE_DISK_FAILED'
  readonly reason: string
  readonly message: string
}
