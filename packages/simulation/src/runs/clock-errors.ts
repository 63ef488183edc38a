import type { ClockBound, Random } from '@quorate/core'

/** However far off its rate may be, time goes on: at no less than a tenth of its speed. */
export const slowestPpm = -900_000

/** By how much a wall clock may be off; a bound of its own where none is declared. */
export function wallBoundMs({ wallErrorMs }: ClockBound): number {
  return Number.isFinite(wallErrorMs) ? wallErrorMs : 1000
}

/** An error that is beyond its bound, by up to twenty times more, to either side. */
export function beyondBound(bound: number, random: Random): number {
  return (random.chance(0.5) ? 1 : -1) * bound * (1 + 20 * random.fraction())
}
