import { invalidOption } from '@quorate/core'
import { recordedLatencies, type LatencyName } from '@quorate/simulation'
import { nearest } from '../nearest.js'

export const latencyNames = Object.keys(recordedLatencies) as LatencyName[]

/** Reads the name of a recording of delays. Throws `QUORATE_INVALID_OPTION`, naming the nearest. */
export function parseLatency(text: string): LatencyName {
  const found = latencyNames.find((name) => name === text)
  if (found !== undefined) return found
  const near = nearest(text, latencyNames)
  const all = `one of the recordings: ${latencyNames.join(', ')}`
  throw invalidOption('--latency', text, near === undefined ? all : `${all}; did you mean ${near}?`)
}
