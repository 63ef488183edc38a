import { QuorateError } from '@quorate/core'

/** What one line of a history says: a client's call, or how it ended. */
export interface HistoryEvent {
  readonly process: string
  /** `ok`: done, as answered; `fail`: certainly not done; `info`: nobody knows. */
  readonly type: 'invoke' | 'ok' | 'fail' | 'info'
  /** What was called: `read`, `write`, `cas`, `get`, `append`… */
  readonly f: string
  readonly key: string | undefined
  readonly value: EventValue
}

/** A name in EDN, such as `:timed-out`; `name` is without its colon. */
export class Keyword {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export type EventScalar = string | number | boolean | null | Keyword
export type EventValue = EventScalar | readonly EventScalar[]

export type EventType = HistoryEvent['type']

const types: ReadonlySet<string> = new Set(['invoke', 'ok', 'fail', 'info'])

export function isEventType(text: string): text is EventType {
  return types.has(text)
}

/**
 * What a line does wrong. Thrown as an error with line and field by whoever knows the line's number; `field` is one of the line's
 * fields, or `line` when it has no fields.
 */
export class LineFault {
  readonly field: string
  readonly problem: string

  constructor(field: string, problem: string) {
    this.field = field
    this.problem = problem
  }
}

/** The error for a line, counted from 1. */
export function malformedHistory(line: number, { field, problem }: LineFault): QuorateError {
  return new QuorateError('QUORATE_MALFORMED_HISTORY', `line ${line}: ${field} ${problem}`, { line, field, problem })
}

/** A value in a message, cut when it is long. */
export function show(value: EventValue): string {
  if (value === null) return 'nil'
  if (value instanceof Keyword) return `:${value.name}`
  if (typeof value === 'object') return `[${value.map(show).join(' ')}]`
  return typeof value === 'string' && value.length > 60
    ? `${JSON.stringify(value.slice(0, 60))}…`
    : JSON.stringify(value)
}
