import { faults as faultKinds, type ClockBound, type FaultKind } from '@quorate/core'
import { nodeIds } from '../node-ids.js'
import { readLocated, type Located } from './located-json.js'
import {
  flag,
  integer,
  list,
  milliseconds,
  number,
  oneOf,
  optional,
  readFields,
  text,
  type Bounds,
  type FieldReaders,
  type Reader,
} from './readers.js'
import { faultSchedule, scheduledRequest } from './schedule-readers.js'
import type { Scenario } from './scenario.js'

type Written = Scenario & { readonly leftToSeed?: readonly string[] }

const kind = oneOf(['election', 'vote', 'detector', 'log'] as const)
const nodes = integer(1, 64)
const chaosMs = milliseconds

const clockBound: FieldReaders<ClockBound> = { wallErrorMs: error, ratePpm: error }

/** How wrong a clock may be; what JSON has no number for is a word. */
function error(value: Located, bounds: Bounds): number {
  return value.scalar === 'unbounded' ? Infinity : number(0, Number.MAX_VALUE, '"unbounded" or a number')(value, bounds)
}

const version: Reader<1> = (value) => {
  if (value.scalar === 1) return 1
  throw value.invalid(`is ${value.shown}; this reads version 1`)
}

/**
 * Reads a scenario from what `printScenario` wrote and a person may have edited: JSON, in which comments are skipped.
 *
 * Throws `QUORATE_INVALID_SCENARIO` with the `line` and the `field` of what is wrong: no JSON, a field that is unknown, missing or of
 * another type, a node that there is not, a time at which faults have ceased.
 */
export function parseScenario(source: string): Scenario {
  const value = readLocated(source)
  const top = value.members
  const nowhere: Bounds = { ids: [], chaosMs: 0 }
  // What the rest is read by comes first, wherever it stands.
  const first = <T>(name: string, reader: Reader<T>): T => {
    const found = top.get(name)
    if (found === undefined) throw value.invalid(`has no ${name}; add it`)
    return reader(found, nowhere)
  }
  first('version', version)
  const ids = nodeIds(first('nodes', nodes))
  const bounds: Bounds = { ids, chaosMs: first('chaosMs', chaosMs) }
  const runs = first('kind', kind)
  const readers: FieldReaders<Written> = {
    version,
    kind,
    algorithm: text,
    election: only(runs, 'log', text),
    nodes,
    seed: integer(0),
    maxFaulty: integer(0, ids.length),
    faults: list(oneOf(Object.keys(faultKinds) as FaultKind[])),
    maxDelayMs: number(0.01, 60_000, 'milliseconds'),
    chaosMs,
    clockBound: optional((bound) => readFields(bound, clockBound, bounds)),
    values: only(runs, 'vote', valuesOf(ids.length)),
    heartbeatIntervalMs: only(runs, 'detector', number(0.1, 86_400_000, 'milliseconds')),
    detectionTimeMs: only(runs, 'detector', number(0.1, 86_400_000, 'milliseconds')),
    huntLeaders: only(runs, 'log', flag),
    violates: optional(list(text)),
    schedule: faultSchedule,
    requests: list(scheduledRequest(runs)),
    leftToSeed: optional(list(text)),
  }
  // For the reader only: it follows from the rest.
  const { leftToSeed: _, ...scenario } = readFields<Written>(value, readers, bounds)
  return scenario
}

function only<T>(runs: Scenario['kind'], of: Scenario['kind'], reader: Reader<T>) {
  return optional<T>((value, bounds) => {
    if (runs !== of) throw value.invalid(`is for a ${of}, and this is a ${runs}; leave it out`)
    return reader(value, bounds)
  })
}

function valuesOf(count: number): Reader<readonly number[]> {
  const read = list(integer(Number.MIN_SAFE_INTEGER))
  return (value, bounds) => {
    const values = read(value, bounds)
    if (values.length !== count) throw value.invalid(`has ${values.length} values for ${count} nodes`)
    return values
  }
}
