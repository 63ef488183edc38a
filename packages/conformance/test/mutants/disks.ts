import { QuorateError, type Disk, type DiskChange, type DiskError } from '@quorate/core'
import { SimulatedDisk, type Storage } from '@quorate/simulation'

/** The simulator's disk, which becomes durable when it is told to, and places to go wrong in. */
export class TestedDisk implements Disk {
  /** Everything else of it. */
  readonly storage: Storage
  protected disk: Disk
  #waiting = 0

  constructor(storage?: Storage) {
    let mounted: Disk | undefined
    const open = (disk: Disk) => {
      mounted = disk
      return { open: () => unused(), drop: unused, commit: unused }
    }
    this.storage = storage ?? new SimulatedDisk(open, never, () => void this.#waiting++)
    this.storage.mount()
    this.disk = mounted as unknown as Disk
  }

  /** Lets the commit in flight be done, if there is one. */
  settle(): void {
    if (this.#waiting === 0) return
    this.#waiting--
    this.storage.complete()
  }

  list(): readonly string[] {
    return this.disk.list()
  }

  read(file: string): Uint8Array {
    return this.disk.read(file)
  }

  readAt(file: string, offset: number, length: number): Uint8Array {
    return this.disk.readAt(file, offset, length)
  }

  commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    this.disk.commit(changes, done)
  }
}

function unused(): never {
  throw new Error('no stores are tested here')
}

/** Nothing is torn here, so nothing is drawn. */
const never = new Proxy({} as never, { get: unused })

class Reversing extends TestedDisk {
  override commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    super.commit(changes.length > 3 ? changes.toReversed() : changes, done)
  }
}

class Unsorted extends TestedDisk {
  override list(): readonly string[] {
    return super.list().toReversed()
  }
}

class Mirroring extends TestedDisk {
  override readAt(file: string, offset: number, length: number): Uint8Array {
    return super.readAt(file, offset, length).toReversed()
  }
}

class Lenient extends TestedDisk {
  override read(file: string): Uint8Array {
    return this.list().includes(file) ? super.read(file) : new Uint8Array(0)
  }
}

class Rude extends TestedDisk {
  override read(file: string): Uint8Array {
    try {
      return super.read(file)
    } catch (cause) {
      throw new QuorateError('QUORATE_DISK_BUSY', 'not now', {}, { cause })
    }
  }
}

class Hasty extends TestedDisk {
  override commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    if (changes.length === 0) done()
    else super.commit(changes, done)
  }
}

class Repeating extends TestedDisk {
  override commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    super.commit(changes, (error) => {
      done(error)
      done(error)
    })
  }
}

const inOrder = 'holds what was committed, change by change in their order'
const refused = 'refuses to read what is not there'
const done = 'says that a commit is done once, as a step of its own, also when there was nothing to change'

/** Each wrong in one way, with the test that must fail over it. */
export const wrongDisks: readonly (readonly [what: string, typeof TestedDisk, fails: string])[] = [
  ['changes its files in another order', Reversing, inOrder],
  ['lists its files in another order', Unsorted, 'lists its files in ascending order'],
  ['reads parts from back to front', Mirroring, 'reads parts of files, also while a commit is in flight'],
  ['reads what is not there', Lenient, refused],
  ['refuses with another error', Rude, refused],
  ['is done before commit returns', Hasty, done],
  ['is done twice', Repeating, done],
]
