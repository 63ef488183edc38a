import { Pairs, SharedArrays } from './pairs.js'
import type { EtcdRange } from './etcd-requests.js'

/** What the store has of a key. */
export interface EtcdRecord {
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
}

/**
 * The states of an etcd store, as numbers: a revision and a map. A map is a shared array with, for each key that is ever put, the number of
 * its record, or 0. So a change costs the logarithm of the number of keys, and equal states are equal numbers.
 */
export class EtcdStates {
  /** Every key that is ever put, in order. */
  readonly keys: readonly string[]
  readonly initial: number
  readonly #initialRevision: number
  readonly #keyNumbers: ReadonlyMap<string, number>
  readonly #nodes = new Pairs()
  readonly #maps: SharedArrays
  /** Pairs of a revision, counted from the initial one, and a map. */
  readonly #states = new Pairs()
  readonly #records: EtcdRecord[] = [{ value: '', createRevision: 0, modRevision: 0, version: 0 }]
  readonly #recordNumbers = new Map<string, number>()

  constructor(keys: Iterable<string>, initialRevision: number) {
    this.keys = [...keys].sort()
    this.#keyNumbers = new Map(this.keys.map((key, number) => [key, number]))
    this.#maps = new SharedArrays(this.#nodes, this.keys.length)
    this.#initialRevision = initialRevision
    this.initial = this.#states.of(0, 0)
  }

  revision(state: number): number {
    return this.#initialRevision + this.#states.left(state)
  }

  map(state: number): number {
    return this.#states.right(state)
  }

  /** The state after `state` in which the map is `map`: the same one when that is what it was. */
  after(state: number, map: number): number {
    return map === this.map(state) ? state : this.changed(state, map)
  }

  /** The next revision, with this map. */
  changed(state: number, map: number): number {
    return this.#states.of(this.#states.left(state) + 1, map)
  }

  record(map: number, key: number): EtcdRecord {
    return this.#records[this.#maps.get(map, key)] as EtcdRecord
  }

  /** The numbers of the keys of a range that are in a map, in order. */
  keysOf(map: number, { key, rangeEnd }: EtcdRange): number[] {
    const found: number[] = []
    if (rangeEnd === undefined || rangeEnd === '') {
      const number = this.#keyNumbers.get(key)
      if (number !== undefined && this.#maps.get(map, number) !== 0) found.push(number)
      return found
    }
    const end = rangeEnd === '\0' ? this.keys.length : this.#firstFrom(rangeEnd)
    for (let number = this.#firstFrom(key); number < end; number++)
      if (this.#maps.get(map, number) !== 0) found.push(number)
    return found
  }

  /** Never the same map: a put changes the revision of its key. */
  put(map: number, key: string, value: string, revision: number): number {
    const number = this.#keyNumbers.get(key) as number
    const before = this.#maps.get(map, number)
    const { createRevision, version } = this.#records[before] as EtcdRecord
    const record = {
      value,
      createRevision: before === 0 ? revision : createRevision,
      modRevision: revision,
      version: before === 0 ? 1 : version + 1,
    }
    return this.#maps.set(map, number, this.#numberOf(record))
  }

  delete(map: number, keys: readonly number[]): number {
    return keys.reduce((left, key) => this.#maps.set(left, key, 0), map)
  }

  describe(state: number): string {
    const shown = this.keysOf(this.map(state), { key: '', rangeEnd: '\0' }).map((key) => {
      const { value, modRevision } = this.record(this.map(state), key)
      return `${this.keys[key]}: ${JSON.stringify(value)}@${modRevision}`
    })
    return `revision ${this.revision(state)} {${shown.join(', ')}}`
  }

  /** The first key that is not before `key`. */
  #firstFrom(key: string): number {
    let [low, high] = [0, this.keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.keys[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  #numberOf(record: EtcdRecord): number {
    const { value, createRevision, modRevision, version } = record
    const identity = `${createRevision} ${modRevision} ${version} ${value}`
    const known = this.#recordNumbers.get(identity)
    if (known !== undefined) return known
    const number = this.#records.push(record) - 1
    this.#recordNumbers.set(identity, number)
    return number
  }
}
