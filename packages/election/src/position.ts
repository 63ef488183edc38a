import { comparePositions, type LogPosition } from '@quorate/core'

/** A log position as a field of a message. */
export const positionField = { record: { number: 'uint', id: 'string', index: 'uint' } } as const

export interface PositionRecord {
  readonly number: number
  readonly id: string
  readonly index: number
}

export function toRecord({ term, index }: LogPosition): PositionRecord {
  return { number: term.number, id: term.id, index }
}

/** Whether a log that has come as far as a candidate's message says has come as far as `own`. */
export function reaches({ number, id, index }: PositionRecord, own: LogPosition): boolean {
  return comparePositions({ term: { number, id }, index }, own) >= 0
}
