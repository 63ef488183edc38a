import type { Answer, Message, MethodName } from './rpc.js'

export interface Question {
  readonly method: MethodName
  readonly request: Message
  /** Answered from the state of the node that is asked, whatever others have. */
  readonly local: boolean
}

/** Numbers from a seed; the same on every machine. mulberry32, T. Ettinger. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** A question as it can be read, its bytes as text of Latin-1. */
export function showQuestion({ method, request }: Question): string {
  const readable = (_: string, value: unknown): unknown => {
    const { type, data } = (value ?? {}) as { readonly type?: unknown; readonly data?: readonly number[] }
    return type === 'Buffer' && data !== undefined ? Buffer.from(data).toString('latin1') : value
  }
  return `${method} ${JSON.stringify(request, readable)}`
}

/** Few, so that they meet; some are prefixes of others, some are no UTF-8. At most 12: see the list of differences. */
const keys = ['a', 'aa', 'ab', 'b', 'b\0', 'ba', 'c', 'd', '\xff', '\xff\xff', '\0']
const ends = [...keys, '\0', '\0', 'e', 'bb']
const values = ['', '1', '2', '10', 'x'.repeat(300), '\0\xfe']
const results = ['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL']
const targets = ['VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE']
const maxOperations = 128

/** A transaction of nothing but serializable reads is answered from the state as it is, too. */
function isLocal(request: Message): boolean {
  const operations = ['success', 'failure'].flatMap((name) => (request[name] as readonly Message[] | undefined) ?? [])
  return operations.every((each) => (each['request_range'] as Message | undefined)?.['serializable'] === true)
}

/** Makes questions to etcd's key-value service, of every kind and with every option, that depend on nothing but the seed and `revision`. */
export class RandomRequests {
  /** The store's, as far as it was heard: revisions asked for are around it. */
  revision = 1
  #compactRevision = 0
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  /** An integer from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  /** Takes note of an answer. */
  heard({ method, request }: Question, answer: Answer): void {
    if (!('ok' in answer)) return
    this.revision = Number((answer.ok['header'] as Message)['revision'] ?? this.revision)
    if (method === 'Compact') this.#compactRevision = Number(request['revision'])
  }

  next(): Question {
    const kind = this.below(100)
    if (kind < 30) return { method: 'Put', request: this.#put(), local: false }
    if (kind < 60) {
      const request = this.#range()
      return { method: 'Range', request, local: request['serializable'] === true }
    }
    if (kind < 70) return { method: 'DeleteRange', request: this.#delete(), local: false }
    if (kind < 95) {
      const request = this.#long() ?? this.#harmless(3)
      return { method: 'Txn', request, local: isLocal(request) }
    }
    if (kind < 97) return { method: 'Compact', request: this.#compact(), local: false }
    return { method: 'HashKV', request: { revision: this.#revision() }, local: true }
  }

  #oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  #chance(percent: number): boolean {
    return this.below(100) < percent
  }

  #key(): Buffer {
    return this.#chance(1) ? Buffer.alloc(0) : this.#someKey()
  }

  #someKey(): Buffer {
    return Buffer.from(this.#oneOf(keys), 'latin1')
  }

  /** A key alone, an interval, which may be empty or the wrong way round, a prefix, or all from a key on. */
  #interval(): Message {
    const key = this.#key()
    if (this.#chance(45)) return { key }
    return { key, range_end: Buffer.from(this.#oneOf(ends), 'latin1') }
  }

  #flag(name: string, percent: number): Message {
    return this.#chance(percent) ? { [name]: true } : {}
  }

  #put(): Message {
    const kept = this.#chance(5) ? { ignore_value: true } : { value: Buffer.from(this.#oneOf(values), 'latin1') }
    return {
      key: this.#key(),
      ...kept,
      ...(this.#chance(2) && { ignore_value: true }),
      ...(this.#chance(2) && { lease: this.#oneOf(['77', '-1', '9223372036854775807']) }),
      ...this.#flag('ignore_lease', 3),
      ...this.#flag('prev_kv', 30),
    }
  }

  #delete(): Message {
    // All from a key on goes seldom, or there would be nothing.
    const interval = this.#chance(70) ? { key: this.#key() } : this.#interval()
    return { ...interval, ...this.#flag('prev_kv', 50) }
  }

  /** Now, now and then, compacted, to come, negative, beyond all bounds. */
  #revision(): string {
    if (this.#chance(40)) return '0'
    if (this.#chance(60)) return String(this.#lately())
    return this.#oneOf([
      String(this.revision),
      String(this.revision + 1),
      String(this.#compactRevision),
      String(this.#compactRevision - 1),
      String(this.#compactRevision + 1),
      '1',
      '-1',
      '-7',
      '9223372036854775807',
      '-9223372036854775808',
    ])
  }

  #lately(): number {
    return Math.max(this.#compactRevision, this.revision - this.below(30))
  }

  #bound(name: string): Message {
    if (this.#chance(92)) return {}
    return { [name]: this.#chance(10) ? this.#oneOf(['-1', '9223372036854775807']) : String(this.#lately()) }
  }

  #range(): Message {
    return {
      ...this.#interval(),
      ...(this.#chance(40) && { revision: this.#revision() }),
      ...(this.#chance(40) && { limit: this.#oneOf(['1', '2', '3', '5', '-1', '9223372036854775807']) }),
      ...(this.#chance(40) && { sort_order: this.#oneOf(['NONE', 'ASCEND', 'DESCEND']) }),
      ...(this.#chance(40) && { sort_target: this.#oneOf(['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE']) }),
      ...this.#flag('keys_only', 15),
      ...this.#flag('count_only', 10),
      ...this.#flag('serializable', 20),
      ...this.#bound('min_mod_revision'),
      ...this.#bound('max_mod_revision'),
      ...this.#bound('min_create_revision'),
      ...this.#bound('max_create_revision'),
    }
  }

  #compare(): Message {
    const target = this.#oneOf(targets)
    // Now and then with what belongs to another target.
    const given = this.#chance(95) ? target : this.#oneOf(targets)
    const unions: Readonly<Record<string, () => Message>> = {
      VERSION: () => ({ version: String(this.below(4) - 1) }),
      CREATE: () => ({ create_revision: this.#chance(50) ? '0' : String(this.#lately()) }),
      MOD: () => ({ mod_revision: this.#chance(50) ? '0' : String(this.#lately()) }),
      VALUE: () => ({ value: Buffer.from(this.#oneOf(values), 'latin1') }),
      LEASE: () => ({ lease: this.#oneOf(['0', '1', '-1']) }),
    }
    const union = this.#chance(95) ? (unions[given] as () => Message)() : {}
    return { result: this.#oneOf(results), target, ...this.#interval(), ...union }
  }

  #txn(depth: number): Message {
    const list = <T>(most: number, make: () => T): T[] => Array.from({ length: this.below(most + 1) }, make)
    const operations = (): Message[] => list(4, () => this.#operation(depth))
    return { compare: list(2, () => this.#compare()), success: operations(), failure: operations() }
  }

  #operation(depth: number): Message {
    const kind = this.below(100)
    if (kind < 30) return { request_put: this.#put() }
    if (kind < 60) return { request_range: this.#range() }
    if (kind < 75) return { request_delete_range: this.#delete() }
    if (kind < 77) return {}
    return depth > 1 ? { request_txn: this.#txn(depth - 1) } : { request_range: this.#range() }
  }

  /** Not one of those that bring a real etcd down: see the list of differences. */
  #harmless(depth: number): Message {
    for (;;) {
      const request = this.#txn(depth)
      const text = JSON.stringify(request)
      if (!text.includes('"request_delete_range"') || !/"ignore_(value|lease)"/.test(text)) return request
    }
  }

  /** Seldom one that is as long as may be, or longer. */
  #long(): Message | undefined {
    if (!this.#chance(2)) return undefined
    const count = this.#oneOf([maxOperations, maxOperations + 1])
    const operation = (): Message => ({
      [this.#oneOf(['request_range', 'request_delete_range'])]: { key: this.#someKey() },
    })
    const operations = Array.from({ length: count }, operation)
    const compare = this.#chance(20) ? Array.from({ length: count }, () => this.#compare()) : []
    return this.#chance(50) ? { compare, success: operations } : { compare, failure: operations }
  }

  #compact(): Message {
    const revision = this.#chance(70) ? String(this.#lately()) : this.#revision()
    return { revision, ...this.#flag('physical', 50) }
  }
}
