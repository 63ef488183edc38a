import { compareBytes } from '../src/bytes.js'
import type { Command, Compare, KeyValue, Operation, RangeRequest, TxnRequest } from '../src/index.js'
import { text } from './machine.js'

type Map_ = ReadonlyMap<string, KeyValue>

/**
 * etcd's semantics, told naively: a whole map of the keys for each revision, copied with every change. It knows no quota and no checks of
 * the edge; the commands that it is given pass them.
 */
export class Model {
  /** At index r the keys as revision r left them. */
  readonly revisions: Map_[] = [new Map(), new Map()]
  compactRevision = -1

  get revision(): number {
    return this.revisions.length - 1
  }

  get now(): Map_ {
    return this.revisions[this.revision] as Map_
  }

  apply(command: Command): unknown {
    if (command.type === 'compact') {
      if (command.revision <= this.compactRevision) return { refused: 'compacted' }
      if (command.revision > this.revision) return { refused: 'future' }
      this.compactRevision = command.revision
      return { revision: this.revision }
    }
    if (command.type === 'setQuota' || command.type === 'disarm') return { revision: this.revision }
    const work = new Work(this)
    const refused = work.refusal(command)
    if (refused !== undefined) return { refused }
    const result = work.run(command)
    if (work.changed) this.revisions.push(work.keys)
    return command.type === 'txn' ? { ...(result as object), revision: this.revision } : result
  }

  range(request: RangeRequest, keys: Map_ = this.now, current = this.revision): unknown {
    const { revision = 0, limit = 0, sortOrder = 'none', sortTarget = 'key' } = request
    if (revision > current) return { refused: 'future' }
    if (revision > 0 && revision < this.compactRevision) return { refused: 'compacted' }
    const source = revision > 0 && revision < this.revisions.length ? (this.revisions[revision] as Map_) : keys
    const all = [...source.values()].filter((kv) => isIn(request, text(kv.key)))
    all.sort((left, right) => compareBytes(left.key, right.key))
    const bounds = [
      request.minModRevision,
      request.maxModRevision,
      request.minCreateRevision,
      request.maxCreateRevision,
    ]
    const bounded = bounds.some((bound) => (bound ?? 0) !== 0)
    let kvs = request.countOnly === true ? [] : all
    if (limit > 0 && sortOrder === 'none' && !bounded) kvs = kvs.slice(0, limit + 1)
    kvs = kvs.filter(
      ({ modRevision: mod, createRevision: create }) =>
        mod >= (request.minModRevision || -Infinity) &&
        mod <= (request.maxModRevision || Infinity) &&
        create >= (request.minCreateRevision || -Infinity) &&
        create <= (request.maxCreateRevision || Infinity),
    )
    if (sortOrder !== 'none' || sortTarget !== 'key') {
      const rank = (kv: KeyValue): number =>
        sortTarget === 'version' ? kv.version : sortTarget === 'create' ? kv.createRevision : kv.modRevision
      const sign = sortOrder === 'descend' ? -1 : 1
      kvs = [...kvs].sort((left, right) => {
        if (sortTarget === 'key') return sign * compareBytes(left.key, right.key)
        return sign * (sortTarget === 'value' ? compareBytes(left.value, right.value) : rank(left) - rank(right))
      })
    }
    const more = limit > 0 && kvs.length > limit
    if (more) kvs = kvs.slice(0, limit)
    if (request.keysOnly === true) kvs = kvs.map((kv) => ({ ...kv, value: new Uint8Array(0) }))
    return { revision: current, kvs, more, count: all.length }
  }
}

function isIn(range: { key: Uint8Array; rangeEnd?: Uint8Array | undefined }, key: string): boolean {
  const from = text(range.key)
  const to = text(range.rangeEnd ?? new Uint8Array(0))
  if (to === '') return key === from
  return key >= from && (to === '\0' || key < to)
}

/** One command in progress, on a copy of the keys. */
class Work {
  readonly keys: Map<string, KeyValue>
  readonly #model: Model
  changed = false

  constructor(model: Model) {
    this.#model = model
    this.keys = new Map(model.now)
  }

  refusal(command: Command | Operation): string | undefined {
    if (command.type === 'put') return this.#refusalOfPut(command)
    if (command.type !== 'txn') return undefined
    const executed = [...this.#executed(command)]
    for (const each of executed) {
      const refused = each.type === 'put' ? this.#refusalOfPut(each) : undefined
      if (refused !== undefined) return refused
    }
    for (const each of executed) {
      if (each.type !== 'range' || (each.revision ?? 0) === 0) continue
      if ((each.revision as number) > this.#model.revision) return 'future'
      if ((each.revision as number) < this.#model.compactRevision) return 'compacted'
    }
    return undefined
  }

  run(command: Command | Operation): unknown {
    const next = this.#model.revision + 1
    const current = (): number => (this.changed ? next : next - 1)
    switch (command.type) {
      case 'put': {
        const key = text(command.key)
        const previous = this.keys.get(key)
        this.keys.set(key, {
          key: command.key,
          value: command.ignoreValue === true ? (previous as KeyValue).value : command.value,
          createRevision: previous?.createRevision ?? next,
          modRevision: next,
          version: (previous?.version ?? 0) + 1,
          lease: 0n,
        })
        this.changed = true
        return { revision: next, prevKv: command.prevKv === true ? previous : undefined }
      }
      case 'deleteRange': {
        const gone = [...this.keys].filter(([key]) => isIn(command, key))
        gone.sort(([left], [right]) => (left < right ? -1 : 1))
        for (const [key] of gone) this.keys.delete(key)
        if (gone.length > 0) this.changed = true
        const prevKvs = command.prevKv === true ? gone.map(([, kv]) => kv) : []
        return { revision: current(), deleted: gone.length, prevKvs }
      }
      case 'range':
        return this.#model.range(command, this.keys, current())
      case 'txn': {
        const succeeded = this.#succeeds(command)
        const responses = (succeeded ? command.success : command.failure).map((each) => this.run(each))
        return { revision: 0, succeeded, responses }
      }
      default:
        throw new Error(command.type)
    }
  }

  #refusalOfPut(request: Extract<Operation, { type: 'put' }>): string | undefined {
    const keeps = request.ignoreValue === true || request.ignoreLease === true
    return keeps && !this.#model.now.has(text(request.key)) ? 'no key' : undefined
  }

  *#executed(txn: TxnRequest): Generator<Operation> {
    for (const each of this.#succeeds(txn) ? txn.success : txn.failure) {
      if (each.type === 'txn') yield* this.#executed(each)
      else yield each
    }
  }

  /** All comparisons are with what was before the command. */
  #succeeds(txn: TxnRequest): boolean {
    return txn.compare.every((compare) => {
      const kvs = [...this.#model.now.values()].filter((kv) => isIn(compare, text(kv.key)))
      if (kvs.length === 0) return compare.target !== 'value' && holds(compare, undefined)
      return kvs.every((kv) => holds(compare, kv))
    })
  }
}

function holds(compare: Compare, kv: KeyValue | undefined): boolean {
  const other = compare.number ?? 0
  const difference =
    compare.target === 'value'
      ? compareBytes((kv as KeyValue).value, compare.value ?? new Uint8Array(0))
      : compare.target === 'lease'
        ? Number((kv?.lease ?? 0n) - (compare.lease ?? 0n))
        : compare.target === 'version'
          ? (kv?.version ?? 0) - other
          : compare.target === 'create'
            ? (kv?.createRevision ?? 0) - other
            : (kv?.modRevision ?? 0) - other
  if (compare.result === 'equal') return difference === 0
  if (compare.result === 'notEqual') return difference !== 0
  return compare.result === 'greater' ? difference > 0 : difference < 0
}
