import { QuorateError } from '@quorate/core'
import type { AttackedKind } from './attacked.js'

/** What `quorate run` was told, as it was typed. */
export interface RunFlags {
  readonly algorithm?: string
  readonly election?: string
  readonly nodes?: string
  readonly values?: string
  readonly crash: readonly string[]
  readonly partition: readonly string[]
  readonly clockSkew: readonly string[]
  readonly loss?: string
  readonly delay?: string
  readonly seed?: string
  readonly maxTime?: string
  readonly maxDelay?: string
  readonly maxFaulty?: string
  readonly faults?: string
  readonly chaos?: string
  readonly latency?: string
  readonly scenario?: string
  readonly trace?: string
  readonly diagram?: string
  readonly real?: true
  readonly json?: true
}

const simulationOnly = [
  'loss',
  'delay',
  'partition',
  'clockSkew',
  'seed',
  'faults',
  'chaos',
  'latency',
  'scenario',
  'diagram',
] as const
const notWithFaults = ['crash', 'partition', 'clockSkew', 'loss', 'delay', 'maxTime'] as const

const notWithScenario = [
  'algorithm',
  'election',
  'nodes',
  'values',
  ...notWithFaults,
  'seed',
  'maxDelay',
  'maxFaulty',
  'faults',
  'chaos',
  'latency',
] as const

/** Throws `QUORATE_SIMULATION_ONLY` or `QUORATE_CONFLICTING_FLAGS` when flags do not go together. */
export function requireCompatible(kind: AttackedKind, flags: RunFlags): void {
  const simulated = given(flags, simulationOnly)
  if (flags.real === true && simulated.length > 0) {
    throw new QuorateError(
      'QUORATE_SIMULATION_ONLY',
      `${simulated.join(' and ')}: in simulation only. Real links, clocks and schedulers are not this program's to change; leave out --real, ` +
        'or crash nodes with --crash',
      { flags: simulated },
    )
  }
  const told = given(flags, notWithScenario)
  if (flags.scenario !== undefined && told.length > 0) throw conflict('--scenario', told, 'it says all of that itself')
  const named = given(flags, notWithFaults)
  if (flags.faults !== undefined && named.length > 0) {
    throw conflict('--faults', named, 'it draws the faults and their times itself')
  }
  if (kind === 'log' && (named.length > 0 || flags.real === true)) {
    throw conflict(
      'run log',
      [...named, ...(flags.real === true ? ['--real'] : [])],
      'it draws the faults of a simulation itself',
    )
  }
  if (flags.faults === undefined && kind !== 'log') {
    if (flags.chaos !== undefined) throw conflict('--chaos', ['a run without --faults'], 'it says how long they last')
    if (flags.latency !== undefined) {
      throw conflict('--latency', ['a run without --faults'], 'its messages take what --delay says')
    }
  }
  if (kind !== 'vote' && flags.values !== undefined)
    throw conflict('--values', [`run ${kind}`], 'only votes have values')
  if (kind !== 'log' && flags.election !== undefined)
    throw conflict('--election', [`run ${kind}`], 'it says what carries a log; --algorithm names what is run')
}

function conflict(flag: string, others: readonly string[], why: string): QuorateError {
  const says = `${flag} does not go with ${others.join(', ')}: ${why}; leave one out`
  return new QuorateError('QUORATE_CONFLICTING_FLAGS', says, { flag, others })
}

function given(flags: RunFlags, names: readonly (keyof RunFlags)[]): string[] {
  const present = names.filter((name) => {
    const value = flags[name]
    return Array.isArray(value) ? value.length > 0 : value !== undefined
  })
  return present.map((name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
}
