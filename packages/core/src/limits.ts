import { QuorateError } from './errors.js'

/** Limits that hold everywhere unless a package states a tighter one. Reaching one is a typed outcome, never growth. */
export const limits = {
  /** The longest encoded message that a protocol may send, in bytes. */
  maxMessageBytes: 4 * 1024 * 1024,
  /** The longest name of a node, a scope or a timer, in UTF-16 code units. */
  maxNameLength: 128,
  /** The most members of one cluster: full meshes of links and heartbeats do not scale beyond it. */
  maxMembers: 64,
  /** The deepest nesting of lists and records in a message. */
  maxMessageDepth: 16,
  /** The most bytes of messages that may wait for one protocol's writes; what is more is dropped and reported. */
  maxWaitingBytes: 64 * 1024 * 1024,
} as const

/** The range of a numeric option; both ends are included. */
export interface NumberRange {
  readonly min?: number
  readonly max?: number
}

/**
 * Returns `value` when it is a safe integer within `range`.
 * Otherwise throws `QUORATE_INVALID_OPTION`, naming the option, the value and the range.
 */
export function requireInteger(option: string, value: unknown, range: NumberRange = {}): number {
  if (!Number.isSafeInteger(value)) throw invalidOption(option, value, `an integer${describeRange(range)}`)
  return requireNumber(option, value, range)
}

/**
 * Returns `value` when it is a number within `range`; `NaN` never is.
 * Otherwise throws `QUORATE_INVALID_OPTION`, naming the option, the value and the range.
 */
export function requireNumber(option: string, value: unknown, range: NumberRange = {}): number {
  const { min = -Infinity, max = Infinity } = range
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw invalidOption(option, value, `a number${describeRange(range)}`)
  }
  return value
}

/**
 * Returns the ids in ascending order when they can be a cluster: at least one, no duplicates, none empty or too long, and
 * `self` among them when given. Otherwise throws `QUORATE_INVALID_MEMBERS`.
 */
export function requireMembers(members: readonly string[], self?: string): readonly string[] {
  const fail = (why: string): never => {
    throw new QuorateError('QUORATE_INVALID_MEMBERS', `members [${members.join(', ')}]: ${why}`, { members, self })
  }
  if (members.length === 0) fail('a cluster has at least one member')
  if (members.length > limits.maxMembers) fail(`at most ${limits.maxMembers} members`)
  for (const id of members) {
    if (typeof id !== 'string') fail(`an id is a string, not ${describe(id)}`)
    if (id.length === 0 || id.length > limits.maxNameLength) fail(`an id has 1 to ${limits.maxNameLength} characters`)
  }
  const sorted = [...members].sort()
  const duplicate = sorted.find((id, index) => id === sorted[index - 1])
  if (duplicate !== undefined) fail(`"${duplicate}" is named twice`)
  if (self !== undefined && !members.includes(self)) fail(`this node, "${self}", is not among them; add it`)
  return sorted
}

/** The error of an option outside its domain: code `QUORATE_INVALID_OPTION`. */
export function invalidOption(option: string, value: unknown, expected: string): QuorateError {
  return new QuorateError('QUORATE_INVALID_OPTION', `${option} is ${describe(value)}; it must be ${expected}`, {
    option,
    value,
    expected,
  })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return String(value)
}

function describeRange({ min, max }: NumberRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` of at least ${min}`
  if (max !== undefined) return ` of at most ${max}`
  return ''
}
