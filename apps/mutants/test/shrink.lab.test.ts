import { raftLog } from '@quorate/replication'
import { parseScenario, printScenario, runScenario, scenarioOf, shrink, type Scenario } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { importParts } from '../src/import-parts.js'

describe('a failing run of the log is shrunk to a handful of faults and requests', { timeout: 120_000 }, () => {
  it.each(['ballot-not-durable', 'position-not-compared'])('%s', async (id) => {
    const { raft, raftLog: algorithm, smallStores: stores } = await importParts(id)
    const definitions = { algorithm, election: raft }
    const play = (scenario: Scenario, traceLimit = 0) => runScenario(scenario, definitions, { stores, traceLimit })
    const failing = (): Scenario => {
      for (let seed = 1; ; seed++) {
        const scenario = scenarioOf(definitions, { nodes: 3, seed, stores, chaosMs: 600 })
        if (play(scenario).violations.length > 0) return scenario
      }
    }
    const { scenario, property, from, to } = shrink(failing(), play, { resilience: raftLog.resilience })
    expect(from.faults + from.requests).toBeGreaterThan(20)
    expect(to.faults).toBeLessThanOrEqual(7)
    expect(to.requests).toBeLessThanOrEqual(3)
    expect(scenario.huntLeaders).toBe(false)
    const again = play(parseScenario(printScenario(scenario)))
    expect(again.violations.map((violation) => violation.property)).toContain(property)
  })
})
