import type { NodeId } from '@quorate/core'
import type { Located } from './located-json.js'
import { suggestion } from './suggestion.js'

/** What a scenario says of itself before its schedule is read. */
export interface Bounds {
  readonly ids: readonly NodeId[]
  readonly chaosMs: number
}

export type Reader<T> = (value: Located, bounds: Bounds) => T

/** A reader of each field of `T`; one that may be left out is wrapped in `optional`. */
export type FieldReaders<T> = {
  readonly [Name in keyof T]-?: Record<never, never> extends Pick<T, Name>
    ? OptionalReader<Exclude<T[Name], undefined>>
    : Reader<T[Name]>
}

export interface OptionalReader<T> {
  readonly optional: Reader<T>
}

export function optional<T>(reader: Reader<T>): OptionalReader<T> {
  return { optional: reader }
}

/** Reads an object: each field that there is, in the order of the text. Unknown ones are refused, naming the nearest. */
export function readFields<T>(value: Located, readers: FieldReaders<T>, bounds: Bounds): T {
  const table = readers as Readonly<Record<string, Reader<unknown> | OptionalReader<unknown>>>
  const members = value.members
  const read: Record<string, unknown> = {}
  for (const [name, member] of members) {
    const reader = Object.hasOwn(table, name) ? table[name] : undefined
    if (reader === undefined) throw member.invalid(`is no field here; ${suggestion(name, Object.keys(table))}`)
    read[name] = typeof reader === 'function' ? reader(member, bounds) : reader.optional(member, bounds)
  }
  for (const [name, reader] of Object.entries(table)) {
    if (typeof reader === 'function' && !members.has(name)) throw value.invalid(`has no ${name}; add it`)
  }
  return read as T
}

export function text(value: Located): string {
  const { scalar } = value
  if (typeof scalar !== 'string' || scalar === '') throw value.invalid(`is ${value.shown}; it must be a text`)
  return scalar
}

export function flag(value: Located): boolean {
  const { scalar } = value
  if (typeof scalar !== 'boolean') throw value.invalid(`is ${value.shown}; it must be true or false`)
  return scalar
}

/** A number from `min` to `max`, both included. */
export function number(min: number, max: number, what = 'a number'): Reader<number> {
  return (value) => {
    const { scalar } = value
    if (typeof scalar === 'number' && scalar >= min && scalar <= max) return scalar
    throw value.invalid(`is ${value.shown}; it must be ${what}${range(min, max)}`)
  }
}

/** A safe integer from `min` to `max`, both included. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  const read = number(min, max, 'an integer')
  return (value, bounds) => {
    const found = read(value, bounds)
    if (!Number.isSafeInteger(found)) throw value.invalid(`is ${value.shown}; it must be an integer${range(min, max)}`)
    return found
  }
}

export const milliseconds = number(0, 86_400_000, 'milliseconds')
export const probability = number(0, 1, 'a probability')

/** When something of the schedule happens: while faults do. */
export const time: Reader<number> = (value, bounds) => {
  const atMs = milliseconds(value, bounds)
  if (atMs > bounds.chaosMs) throw value.invalid(`is ${atMs}, when faults have ceased: chaosMs is ${bounds.chaosMs}`)
  return atMs
}

export const node: Reader<NodeId> = (value, { ids }) => {
  const id = text(value)
  if (ids.includes(id)) return id
  throw value.invalid(`is "${id}", which is no node here: there are ${ids[0]} to ${ids.at(-1)}`)
}

export function oneOf<T extends string>(names: readonly T[]): Reader<T> {
  return (value) => {
    const name = text(value)
    if ((names as readonly string[]).includes(name)) return name as T
    throw value.invalid(`is "${name}"; ${suggestion(name, names)}`)
  }
}

export function list<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, bounds) => value.items.map((item) => reader(item, bounds))
}

/** The shortest and the longest of some times. */
export const span: Reader<readonly [min: number, max: number]> = (value, bounds) => {
  const [min, max, ...more] = value.items.map((item) => milliseconds(item, bounds))
  if (min === undefined || max === undefined || more.length > 0 || max < min) {
    throw value.invalid('must be two times, the shorter one first')
  }
  return [min, max]
}

function range(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return ''
  return max >= Number.MAX_SAFE_INTEGER ? ` of ${min} or more` : ` from ${min} to ${max}`
}
