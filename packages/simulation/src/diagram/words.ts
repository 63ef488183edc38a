import { isMalformed, type Codec } from '@quorate/core'
import type { FaultAction } from '../fault-action.js'
import type { TraceEntry } from '../trace.js'
import { short } from './spans.js'

export type CodecOf = (channel: string) => Codec<unknown> | undefined

/** A message in words: what it is called, and all that it says. */
export interface Words {
  readonly kind: string
  readonly says: string
}

/** What a message says, decoded where its codec is known, else its bytes. */
export function messageWords(channel: string, payload: Uint8Array, codecOf: CodecOf): Words {
  const decoded = codecOf(channel)?.decode(payload)
  const prefix = channel === '' ? '' : `${channel}: `
  if (decoded === undefined) return { kind: `${prefix}message`, says: bytes(payload) }
  if (isMalformed(decoded)) return { kind: `${prefix}malformed`, says: `${decoded.reason}; ${bytes(payload)}` }
  const { type } = decoded as { readonly type?: unknown }
  return { kind: `${prefix}${typeof type === 'string' ? type : 'message'}`, says: shown(decoded) }
}

/** What an indication is called in the picture; `undefined`: it is a detail, and only marked. */
export function indicationLabel(node: string, indication: unknown): string | undefined {
  const { type, ...rest } = indication as Readonly<Record<string, unknown>>
  switch (type) {
    case 'leader-changed': {
      const { leader, term } = rest as { readonly leader?: string; readonly term?: { readonly number: number } }
      const inTerm = term === undefined ? '' : ` (${term.number})`
      return leader === undefined
        ? `no leader${inTerm}`
        : leader === node
          ? `leads${inTerm}`
          : `follows ${leader}${inTerm}`
    }
    case 'decide':
      return `decides ${String(rest['value'])}`
    case 'committed': {
      const indexes = (rest['entries'] as readonly { readonly index: number }[]).map(({ index }) => index)
      const [first, last] = [indexes[0], indexes.at(-1)]
      return first === last ? `commits ${first}` : `commits ${first}–${last}`
    }
    case 'suspect':
    case 'restore':
      return `${type}s ${String(rest['peer'])}`
    case 'proposal-ended':
    case 'barrier-ended':
      return undefined
    default:
      return typeof type === 'string' ? type : undefined
  }
}

/** What a fault is called in the picture, where it strikes one node at one time; `undefined`: it holds for a while, or is told otherwise. */
export function faultLabel(action: FaultAction): string | undefined {
  switch (action.type) {
    case 'bit-rot':
      return 'a bit flips'
    case 'clock': {
      const wall = action.wallErrorMs === undefined ? [] : [`wall clock ${short(action.wallErrorMs)} ms off`]
      const rate = action.ratePpm === undefined ? [] : [`clock ${short(action.ratePpm)} ppm fast`]
      return [...wall, ...rate].join(', ')
    }
    default:
      return undefined
  }
}

/** All that an entry says, for those who ask. */
export function entryWords(entry: TraceEntry): string {
  const { at: _at, ...rest } = entry
  return shown(rest)
}

/** Data on one line, and no more of it than can be read. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? bytes(each) : each))
  return text.length <= longest ? text : `${text.slice(0, longest)}…`
}

const longest = 600

function bytes(value: Uint8Array): string {
  const head = value.slice(0, 64)
  const more = value.length > head.length ? '…' : ''
  if (value.length > 0 && head.every((byte) => byte >= 0x20 && byte < 0x7f)) return String.fromCharCode(...head) + more
  return `0x${[...head].map((byte) => byte.toString(16).padStart(2, '0')).join('')}${more}`
}
