import { encodeBounds, encodeCheckpoint, encodeDeclare, encodePut, encodeRecord, encodeRecords } from './operations.js'
import type { Group } from './group.js'
import type { PathStore } from './path-store.js'
import type { Span } from './record-index.js'
import type { Segment } from './segment.js'

/**
 * Replaces the operations of a group that opens a segment by the state that they lead to, so that the segments before
 * it matter only for the records that lie in them.
 */
export function encodeState(group: Group, stores: Iterable<PathStore>): void {
  const { operations, segment } = group
  operations.reset()
  encodeCheckpoint(operations)
  const held: PathStore[] = []
  for (const store of stores) {
    if (store.pristine) {
      store.undeclare()
      continue
    }
    held.push(store)
    store.declare()
    encodeDeclare(operations, store.id, store.path)
    for (const [key, value] of store.keys) encodePut(operations, store.id, key, value)
    encodeBounds(operations, store.id, store.index.first, store.index.last)
  }
  segment.checkpointBytes = operations.length
  for (const store of held) {
    for (const span of store.index.spans) if (span.segment === segment) encodeSpan(group, store, span)
  }
}

/** States the records of a span that lie in the group, in runs: between them may lie other stores' records. */
function encodeSpan(group: Group, store: PathStore, span: Span): void {
  for (let from = span.first; from <= span.last;) {
    let behind = from + 1
    while (behind <= span.last && span.offset(behind) === span.offset(behind - 1) + span.length(behind - 1)) behind++
    encodeRecords(group.operations, store.id, from, behind - from, span.offset(from) - group.dataStart)
    for (; from < behind; from++) encodeRecord(group.operations, span.length(from), span.checksum(from))
  }
}

/** Copies live records out of `segment` into the group until none is left there or `maxBytes` are copied. */
export function copyForward(group: Group, stores: Iterable<PathStore>, segment: Segment, maxBytes: number): void {
  let rest = maxBytes
  for (const store of stores) {
    for (let span = spanIn(store, segment); span !== undefined; span = spanIn(store, segment)) {
      if (rest <= 0) return
      const from = span.first
      const records = store.read(from, span.last, rest)
      encodeRecords(group.operations, store.id, from, records.length, group.data.length)
      for (const [at, record] of records.entries()) {
        const offset = group.nextOffset
        const checksum = group.addRecord(record)
        encodeRecord(group.operations, record.length, checksum)
        store.index.move(from + at, group.segment, offset, record.length, checksum)
        rest -= record.length + 1
      }
    }
  }
}

function spanIn(store: PathStore, segment: Segment): Span | undefined {
  return store.index.spans.find((span) => span.segment === segment)
}
