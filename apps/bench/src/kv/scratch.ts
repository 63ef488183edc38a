import { QuorateError } from '@quorate/core'
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** What Linux says of a file system in memory, where a sync costs nothing. */
const tmpfsMagic = 0x01021994

/**
 * A folder of its own and the processes of a benchmark. However this process ends, short of being killed outright, they are ended by their
 * ids and the folder is removed.
 */
export class Scratch {
  readonly folder: string
  readonly #children = new Set<ChildProcess>()

  /** Throws `QUORATE_BENCH_FOLDER` when the temp folder is in memory. */
  constructor() {
    if (statfsSync(tmpdir()).type === tmpfsMagic) {
      throw new QuorateError(
        'QUORATE_BENCH_FOLDER',
        `${tmpdir()} is in memory, where syncing costs nothing; set TMPDIR to a folder on a disk`,
        { folder: tmpdir() },
      )
    }
    this.folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'))
    process.on('exit', this.#clear)
    for (const signal of signals) process.on(signal, this.#interrupted)
  }

  /** Detached, so that a Ctrl-C in the terminal reaches only this process, which ends the others. */
  spawn(command: string, args: readonly string[], stdio: StdioOptions, env = process.env): ChildProcess {
    const child = spawn(command, args, { detached: true, stdio, env })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    child.once('error', () => this.#children.delete(child))
    return child
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    const ended = [...this.#children].map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(ended)
    this.#clear()
    process.off('exit', this.#clear)
    for (const signal of signals) process.off(signal, this.#interrupted)
  }

  readonly #clear = (): void => {
    for (const child of this.#children) child.kill('SIGKILL')
    // One that is being killed may still write.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  readonly #interrupted = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal])
}
