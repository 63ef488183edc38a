import type { Scenario } from './scenario.js'
import { leftToSeed } from './left-to-seed.js'

/**
 * A scenario as JSON to be read, edited and kept: always in the same order, each fault and each request on a line of its own. Ends
 * with what is left to the seed, in words, which `parseScenario` skips.
 */
export function printScenario(scenario: Scenario): string {
  const { schedule, requests, clockBound, ...head } = scenario
  const fields = order.flatMap((name) => {
    const value = head[name]
    return value === undefined ? [] : [`  ${JSON.stringify(name)}: ${inline(value)}`]
  })
  if (clockBound !== undefined) {
    const bound = Object.fromEntries(
      Object.entries(clockBound).map(([name, value]) => [name, value === Infinity ? 'unbounded' : (value as number)]),
    )
    fields.push(`  "clockBound": ${inline(bound)}`)
  }
  fields.push(
    `  "schedule": ${lines(schedule)}`,
    `  "requests": ${lines(requests)}`,
    `  "leftToSeed": ${lines(leftToSeed(scenario))}`,
  )
  return `{\n${fields.join(',\n')}\n}\n`
}

const order = [
  'version',
  'kind',
  'algorithm',
  'election',
  'violates',
  'nodes',
  'seed',
  'maxFaulty',
  'faults',
  'maxDelayMs',
  'chaosMs',
  'heartbeatIntervalMs',
  'detectionTimeMs',
  'huntLeaders',
  'values',
] as const satisfies readonly (keyof Scenario)[]

function lines(items: readonly unknown[]): string {
  return items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${inline(item)}`).join(',\n')}\n  ]`
}

/** JSON on one line, with spaces where a reader wants them. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}: ${inline(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
