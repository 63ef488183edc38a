import { OrderedMap } from './ordered-map.js'

/** Where a change stands: the revision, and its place among the changes of that revision. */
export interface Position {
  readonly main: number
  readonly sub: number
}

/** The changes of one key that are kept, oldest first; the last one in fields, since most keys have no other. */
export class KeyHistory {
  readonly key: string
  main = 0
  sub = 0
  /** The revision in which the key came to be; of no meaning while it is deleted. */
  create = 0
  /** 0 while the key is deleted. */
  version = 0
  /** For each older change its revision, and its place doubled, plus one for a deletion: two numbers, not an object. */
  #older: number[] | undefined

  constructor(key: string) {
    this.key = key
  }

  get live(): boolean {
    return this.version > 0
  }

  add(position: Position, create: number, version: number): void {
    if (this.main > 0) (this.#older ??= []).push(this.main, this.sub * 2 + (this.live ? 0 : 1))
    this.main = position.main
    this.sub = position.sub
    this.create = create
    this.version = version
  }

  /** The change that a read at `revision` sees, or undefined when the key did not exist. */
  at(revision: number): Position | undefined {
    if (this.main <= revision) return this.live ? this : undefined
    const older = this.#older
    if (older === undefined) return undefined
    const index = lastUpTo(older, revision)
    if (index < 0) return undefined
    const place = older[index + 1] as number
    return place % 2 === 1 ? undefined : { main: older[index] as number, sub: place / 2 }
  }

  /**
   * Forgets what no read at `revision` or later sees, and hands each forgotten change to `forget`. Changes made in `revision` itself are
   * kept, deletions too: who watches from there must see them. Returns true when
   * with this nothing is left.
   */
  compact(revision: number, forget: (main: number, sub: number) => void): boolean {
    if (this.main === 0) return false // nothing was left before
    const older = this.#older ?? []
    const seen = this.main <= revision ? older.length : lastUpTo(older, revision)
    let dropped = 0
    for (; dropped < seen && (older[dropped] as number) < revision; dropped += 2) {
      forget(older[dropped] as number, (older[dropped + 1] as number) >> 1)
    }
    if (dropped === seen && seen < older.length && seen >= 0) {
      const deleted = (older[seen + 1] as number) % 2 === 1
      if (deleted && (older[seen] as number) < revision) {
        forget(older[seen] as number, (older[seen + 1] as number) >> 1)
        dropped += 2
      }
    }
    this.#older = dropped >= older.length ? undefined : older.slice(dropped)
    if (this.#older !== undefined || this.live || this.main >= revision) return false
    forget(this.main, this.sub)
    this.main = 0
    return true
  }
}

/** The index of the last pair whose revision is not beyond `revision`, or -2. */
function lastUpTo(pairs: readonly number[], revision: number): number {
  let low = 0
  let high = pairs.length / 2
  while (low < high) {
    const middle = (low + high) >> 1
    if ((pairs[middle * 2] as number) <= revision) low = middle + 1
    else high = middle
  }
  return low * 2 - 2
}

/** All keys, in the order of their bytes. */
export class KeyIndex {
  readonly #byKey = new Map<string, KeyHistory>()
  /** The same histories, for ranges: a single key is found faster without an order. */
  #inOrder = new OrderedMap<KeyHistory>()
  /** The changes behind which a compaction finds something to forget, in their order: their revisions, and their keys' histories. */
  #supersededAt: number[] = []
  #superseded: KeyHistory[] = []

  /** How many keys have any change that is kept. */
  get size(): number {
    return this.#byKey.size
  }

  get(key: string): KeyHistory | undefined {
    return this.#byKey.get(key)
  }

  add(key: string, position: Position, create: number, version: number): void {
    const known = this.#byKey.size
    const history = this.load(key, position, create, version)
    if (this.#byKey.size > known) this.#inOrder.set(key, history)
  }

  /** As `add`, for many: ranges find a new key only after `endLoad`. */
  load(key: string, position: Position, create: number, version: number): KeyHistory {
    let history = this.#byKey.get(key)
    if (history === undefined) {
      history = new KeyHistory(key)
      this.#byKey.set(key, history)
    }
    if (history.main > 0 || version === 0) {
      this.#supersededAt.push(position.main)
      this.#superseded.push(history)
    }
    history.add(position, create, version)
    return history
  }

  /** Puts in order what was loaded: all at once, which takes a fraction of finding a place for each. */
  endLoad(): void {
    const keys = [...this.#byKey.keys()].sort()
    const histories = keys.map((key) => this.#byKey.get(key) as KeyHistory)
    this.#inOrder = OrderedMap.ofSorted(keys, histories)
  }

  /** Compacts every history. Its cost is that of the changes that others took the place of, not of all keys. */
  compact(revision: number, forget: (main: number, sub: number) => void): void {
    let done = 0
    let kept = 0
    for (; done < this.#superseded.length && (this.#supersededAt[done] as number) <= revision; done++) {
      // A deletion in `revision` itself is not forgotten yet: it must be come by again.
      if ((this.#supersededAt[done] as number) < revision) kept = done + 1
      const history = this.#superseded[done] as KeyHistory
      if (!history.compact(revision, forget)) continue
      this.#byKey.delete(history.key)
      this.#inOrder.delete(history.key)
    }
    if (kept === 0) return
    this.#supersededAt = this.#supersededAt.slice(kept)
    this.#superseded = this.#superseded.slice(kept)
  }

  /** Visits the histories of a range, those of deleted keys too. The index must not change meanwhile. */
  scan({ from, to, alone }: KeyRange, visit: (key: string, history: KeyHistory) => void): void {
    if (!alone) return this.#inOrder.scan(from, to, visit)
    const history = this.#byKey.get(from)
    if (history !== undefined) visit(from, history)
  }
}

export interface KeyRange {
  readonly from: string
  /** Not included; undefined is the end of all keys. */
  readonly to: string | undefined
  /** Only the key `from`. */
  readonly alone: boolean
}
