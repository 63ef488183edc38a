import type { FaultAction, ScheduledFault } from '../fault-action.js'
import { calmLinks, type LinkConditions } from '../network.js'
import { partitionShapes, type PartitionShape } from '../partition-shapes.js'
import { recordedLatencies, type LatencyName } from '../recorded-latencies.js'
import type { RunKind } from '../runs/run.js'
import { requestsOf, type RequestKind, type ScheduledRequest } from '../scheduled-request.js'
import type { Located } from './located-json.js'
import {
  flag,
  integer,
  list,
  milliseconds,
  node,
  number,
  oneOf,
  optional,
  probability,
  readFields,
  span,
  time,
  type Bounds,
  type FieldReaders,
  type Reader,
} from './readers.js'

const anyNumber = number(-Infinity, Infinity)

const conditions: FieldReaders<Partial<LinkConditions>> = {
  minDelayMs: optional(milliseconds),
  maxDelayMs: optional(milliseconds),
  loss: optional(probability),
  duplication: optional(probability),
  straggling: optional(probability),
  corruption: optional(probability),
  ordered: optional(flag),
  latency: optional(oneOf(['uniform', ...(Object.keys(recordedLatencies) as LatencyName[])])),
}

type Of<Type extends FaultAction['type']> = Omit<Extract<FaultAction, { readonly type: Type }>, 'type'>
type Asked<What extends RequestKind> = Omit<Extract<ScheduledRequest, { readonly what: What }>, 'what'>

const actions: { readonly [Type in FaultAction['type']]: FieldReaders<Of<Type>> } = {
  crash: {
    node,
    afterSends: optional(integer(0)),
    finishes: optional(flag),
    survivors: optional(integer(0)),
    torn: optional(flag),
    cached: optional(flag),
    restartAfterMs: optional(milliseconds),
    forGood: optional(flag),
  },
  restart: { node },
  pause: { node, forGood: optional(flag) },
  slow: { node, stepMs: optional(span) },
  resume: { node },
  'fail-sync': { node, restartAfterMs: optional(milliseconds) },
  spare: { node },
  cut: {
    from: list(node),
    to: list(node),
    shape: optional(oneOf(Object.keys(partitionShapes) as PartitionShape[])),
    forGood: optional(node),
  },
  mend: { from: list(node), to: list(node) },
  heal: {},
  links: { conditions: (value, bounds) => readFields(value, conditions, bounds) },
  omit: { node, sends: optional(probability), receives: optional(probability) },
  disk: { node, syncMs: optional(span) },
  'full-disk': { node, full: flag },
  'bit-rot': { node },
  'lying-disk': { node, lies: flag },
  byzantine: {
    node,
    lies: optional(probability),
    equivocates: optional(probability),
    replays: optional(probability),
    silent: optional(probability),
  },
  clock: { node, wallErrorMs: optional(anyNumber), ratePpm: optional(number(-900_000, 1e9)) },
}

const requests: { readonly [What in RequestKind]: FieldReaders<Asked<What>> } = {
  stand: { atMs: time, node },
  resign: { atMs: time, node },
  accuse: { atMs: time, node, peer: node },
  propose: { atMs: time, node, count: integer(1, 1000) },
  read: { atMs: time, node },
  transfer: { atMs: time, node, to: node },
}

const scheduledFault: Reader<ScheduledFault> = (value, bounds) =>
  readFields<ScheduledFault>(value, { atMs: time, action }, bounds)

/** All that strikes. What links are told at one time goes on until they are told otherwise: together it has to make sense. */
export const faultSchedule: Reader<readonly ScheduledFault[]> = (value, bounds) => {
  const faults = value.items.map((item) => ({ item, fault: scheduledFault(item, bounds) }))
  let links = calmLinks
  for (const { item, fault } of [...faults].sort((a, b) => a.fault.atMs - b.fault.atMs)) {
    if (fault.action.type !== 'links') continue
    links = { ...links, ...fault.action.conditions }
    if (links.minDelayMs <= links.maxDelayMs) continue
    const conditions = item.members.get('action')?.members.get('conditions') as Located
    throw conditions.invalid(
      `has messages take from ${links.minDelayMs} to ${links.maxDelayMs} ms; the longest time must be no shorter than the shortest`,
    )
  }
  return faults.map(({ fault }) => fault)
}

/** A request of what is made of this kind of algorithm. */
export function scheduledRequest(kind: RunKind): Reader<ScheduledRequest> {
  const known: readonly RequestKind[] = requestsOf[kind]
  return (value, bounds) => {
    if (known.length === 0) throw value.invalid(`is too much: of a ${kind} nothing is asked; leave requests empty`)
    return variant<ScheduledRequest>(value, 'what', known, requests, bounds)
  }
}

function action(value: Located, bounds: Bounds): FaultAction {
  return variant<FaultAction>(value, 'type', Object.keys(actions), actions, bounds)
}

/** Reads one of several kinds of objects, which `tag` tells apart. */
function variant<T>(
  value: Located,
  tag: string,
  names: readonly string[],
  readersOf: Readonly<Record<string, object>>,
  bounds: Bounds,
): T {
  const tagged = value.members.get(tag)
  if (tagged === undefined) throw value.invalid(`has no ${tag}; there are: ${names.join(', ')}`)
  const read = oneOf(names)
  const name = read(tagged, bounds)
  const readers = { [tag]: read, ...readersOf[name] }
  return readFields<T>(value, readers as FieldReaders<T>, bounds)
}
