import type { Incarnation, NodeId } from '@quorate/core'
import type { TraceEntry } from '../trace.js'
import { messageWords, type CodecOf } from './words.js'

/** One message on its way, or one copy of it. */
export interface Flight {
  readonly from: Incarnation
  readonly to: NodeId
  readonly channel: string
  readonly payload: Uint8Array
  /** `undefined`: before the trace begins. */
  readonly sentMs: number | undefined
  /** When it arrived or was lost; `undefined`: after the trace ends. */
  endMs: number | undefined
  fate: 'arrived' | 'lost' | 'under way'
  /** Whether it is a second copy of a message that has come to its end already. */
  readonly copy: boolean
  /** Whether it arrived with other bytes. */
  corrupted: boolean
  /** Whether it took longer than links allow. */
  late: boolean
  /** Whether the same node told the same node the same the last time: the same bytes, or just as much that it is alive. */
  readonly repeats: boolean
}

/** What a node told another last. */
interface Told {
  readonly payload: Uint8Array
  readonly isBeat: boolean
}

/** Messages that say no more than that their sender is alive are called so. */
const heartbeat = /heart-?beat|\bping\b|\balive\b/i

/** How many messages between two nodes are remembered for copies that are still to come. */
const remembered = 64

/** Finds out from a trace which message arrived where and when. */
export function flightsOf(entries: readonly TraceEntry[], codecOf: CodecOf): readonly Flight[] {
  const flights: Flight[] = []
  const links = new Map<string, Flight[]>()
  const told = new Map<string, Told>()
  let longestMs = Infinity
  for (const entry of entries) {
    if (entry.type === 'fault' && entry.action.type === 'links') {
      longestMs = entry.action.conditions.maxDelayMs ?? longestMs
    }
    if (entry.type !== 'send' && entry.type !== 'deliver' && entry.type !== 'lose') continue
    const { at, type, from, to, channel, payload } = entry
    const key = `${from.id}\n${from.incarnation}\n${to}\n${channel}`
    const link = links.get(key) ?? []
    links.set(key, link)
    if (type === 'send') {
      const last = told.get(key)
      const isBeat = heartbeat.test(messageWords(channel, payload, codecOf).kind)
      const repeats = last !== undefined && ((isBeat && last.isBeat) || sameBytes(last.payload, payload))
      told.set(key, { payload, isBeat })
      const flight: Flight = { ...begun(entry), sentMs: at, repeats }
      flights.push(flight)
      link.push(flight)
      while (link.length > remembered && link[0]?.endMs !== undefined) link.shift()
      continue
    }
    const found = match(link, payload)
    const copy = found?.endMs !== undefined
    const flight = found === undefined || copy ? { ...begun(entry), ...origin(found), copy } : found
    if (flight !== found) flights.push(flight)
    flight.endMs = at
    flight.fate = type === 'lose' ? 'lost' : 'arrived'
    flight.corrupted = found !== undefined && !sameBytes(found.payload, payload)
    flight.late = type === 'deliver' && flight.sentMs !== undefined && at - flight.sentMs > longestMs * (1 + 1e-9)
  }
  return flights
}

function begun({ from, to, channel, payload }: Extract<TraceEntry, { readonly payload: Uint8Array }>): Flight {
  return {
    from,
    to,
    channel,
    payload,
    sentMs: undefined,
    endMs: undefined,
    fate: 'under way',
    copy: false,
    corrupted: false,
    late: false,
    repeats: false,
  }
}

function origin(found: Flight | undefined): Pick<Flight, 'sentMs' | 'repeats'> {
  return { sentMs: found?.sentMs, repeats: found?.repeats ?? false }
}

/** The message that has come to its end: itself if it can be told, else one of the same bytes, else one that was corrupted. */
function match(link: readonly Flight[], payload: Uint8Array): Flight | undefined {
  const open = link.filter(({ endMs }) => endMs === undefined)
  for (const among of [open, link]) {
    const found =
      among.find((flight) => flight.payload === payload) ?? among.find((flight) => sameBytes(flight.payload, payload))
    if (found !== undefined) return found
  }
  const similar = (flight: Flight): boolean => flight.payload.length === payload.length
  return open.find(similar) ?? link.find(similar)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, index) => byte === b[index]))
}
