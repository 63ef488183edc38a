import { compareBytes, toBinary } from './bytes.js'
import { etcdErrors, type Refusal } from './errors.js'
import type { KeyHistory, KeyIndex, KeyRange, Position } from './key-index.js'
import type { Compare, RangeRequest } from './requests.js'
import type { KeyValue, RangeResult } from './results.js'

/** What reads look at. */
export interface Image {
  readonly index: KeyIndex
  readonly compactRevision: number
  /** The key and value put at a position that the index names. */
  keyValue(position: Position): KeyValue
}

export function rangeOf(key: Uint8Array, rangeEnd: Uint8Array | undefined): KeyRange {
  const from = toBinary(key)
  if (rangeEnd === undefined || rangeEnd.length === 0) return { from, to: undefined, alone: true }
  const toEnd = rangeEnd.length === 1 && rangeEnd[0] === 0
  return { from, to: toEnd ? undefined : toBinary(rangeEnd), alone: false }
}

/**
 * Reads a range while `current` is the current revision.
 *
 * etcd 3.4, `etcdserver/apply.go`, `Range`. Its limit takes the first keys in the order of keys before it sorts, unless an order is asked for
 * by name or a bound may keep keys out: then it sorts all of them first.
 */
export function readRange(image: Image, request: RangeRequest, current: number): RangeResult | Refusal {
  const { revision = 0, limit = 0 } = request
  if (revision > current) return etcdErrors.futureRevision
  const at = revision <= 0 ? current : revision
  if (at < image.compactRevision) return etcdErrors.compacted
  const { sortOrder = 'none', sortTarget = 'key' } = request
  const fetchAll = limit <= 0 || sortOrder !== 'none' || hasBounds(request)
  const most = request.countOnly === true ? 0 : fetchAll ? Infinity : limit + 1
  const found: Position[] = []
  let count = 0
  image.index.scan(rangeOf(request.key, request.rangeEnd), (_key, history) => {
    const position = history.at(at)
    if (position === undefined) return
    count++
    if (found.length < most) found.push(position)
  })
  let kvs = found.map((position) => image.keyValue(position))
  if (hasBounds(request)) kvs = kvs.filter((kv) => isWithin(kv, request))
  sort(kvs, sortTarget, sortOrder === 'none' && sortTarget !== 'key' ? 'ascend' : sortOrder)
  const more = limit > 0 && kvs.length > limit
  if (more) kvs.length = limit
  if (request.keysOnly === true) kvs = kvs.map((kv) => ({ ...kv, value: NO_VALUE }))
  return { type: 'range', revision: current, kvs, more, count }
}

const NO_VALUE = new Uint8Array(0)

function hasBounds(request: RangeRequest): boolean {
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = request
  return minModRevision !== 0 || maxModRevision !== 0 || minCreateRevision !== 0 || maxCreateRevision !== 0
}

function isWithin({ modRevision, createRevision }: KeyValue, request: RangeRequest): boolean {
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = request
  if (maxModRevision !== 0 && modRevision > maxModRevision) return false
  if (minModRevision !== 0 && modRevision < minModRevision) return false
  if (maxCreateRevision !== 0 && createRevision > maxCreateRevision) return false
  return minCreateRevision === 0 || createRevision >= minCreateRevision
}

/** Keys that are equal in the target stay in the order of keys, whichever way the others go. */
function sort(
  kvs: KeyValue[],
  target: NonNullable<RangeRequest['sortTarget']>,
  order: NonNullable<RangeRequest['sortOrder']>,
): void {
  if (order === 'none') return
  const sign = order === 'ascend' ? 1 : -1
  kvs.sort((left, right) => sign * difference(left, right, target))
}

function difference(left: KeyValue, right: KeyValue, target: NonNullable<RangeRequest['sortTarget']>): number {
  switch (target) {
    case 'key':
      return compareBytes(left.key, right.key)
    case 'version':
      return left.version - right.version
    case 'create':
      return left.createRevision - right.createRevision
    case 'mod':
      return left.modRevision - right.modRevision
    case 'value':
      return compareBytes(left.value, right.value)
  }
}

/** Whether a comparison holds for every key of its range, now. No key at all counts as one of zeros, but has no value. */
export function holds(image: Image, compare: Compare): boolean {
  let any = false
  let all = true
  image.index.scan(rangeOf(compare.key, compare.rangeEnd), (_key, history) => {
    if (!history.live || !all) return
    any = true
    all = satisfies(compare, differenceTo(compare, image, history))
  })
  if (any) return all
  return compare.target !== 'value' && satisfies(compare, differenceTo(compare, image, undefined))
}

function differenceTo(compare: Compare, image: Image, history: KeyHistory | undefined): number {
  switch (compare.target) {
    case 'version':
      return (history?.version ?? 0) - (compare.number ?? 0)
    case 'create':
      return (history?.create ?? 0) - (compare.number ?? 0)
    case 'mod':
      return (history?.main ?? 0) - (compare.number ?? 0)
    case 'value':
      return history === undefined ? 0 : compareBytes(image.keyValue(history).value, compare.value ?? NO_VALUE)
    case 'lease': {
      const lease = history === undefined ? 0n : image.keyValue(history).lease
      const other = compare.lease ?? 0n
      return lease < other ? -1 : lease > other ? 1 : 0
    }
  }
}

function satisfies({ result }: Compare, sign: number): boolean {
  switch (result) {
    case 'equal':
      return sign === 0
    case 'notEqual':
      return sign !== 0
    case 'greater':
      return sign > 0
    case 'less':
      return sign < 0
  }
}
