import { raft } from '@quorate/election/raft'
import {
  parseScenario,
  printScenario,
  runScenario,
  scenarioOf,
  shrink,
  type OpenStores,
  type Scenario,
} from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { mutants, partsOf, type Mutant } from './mutations.js'
import { run } from './support.js'

const stores: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 })

it(
  'a run of the log, written as a scenario, read and run again, is the same run, event by event',
  { timeout: 60_000 },
  () => {
    const definitions = { algorithm: raftLog, election: raft }
    const hunted = new Set<boolean | undefined>()
    for (let seed = 1; seed <= 6; seed++) {
      const scenario = scenarioOf(definitions, { nodes: 3, seed, stores, chaosMs: 600 })
      hunted.add(scenario.huntLeaders)
      const again = parseScenario(printScenario(scenario))
      expect(again).toEqual(scenario)
      expect(runScenario(again, definitions, { stores }).hash).toBe(run(seed, 3).hash)
    }
    expect(hunted).toEqual(new Set([true, false]))
  },
)

describe('a failing run of the log is shrunk to a handful of faults and requests', { timeout: 120_000 }, () => {
  it.each(['a vote is not durable at all', 'a voter does not compare how far logs have come'])(
    '%s',
    async (mistake) => {
      const mutant = mutants.find((each) => each.mistake === mistake) as Mutant
      const parts = await partsOf(mutant)
      const definitions = { algorithm: parts.log ?? raftLog, election: parts.election ?? raft }
      const play = (scenario: Scenario, traceLimit = 0) => runScenario(scenario, definitions, { stores, traceLimit })
      const failing = (): Scenario => {
        for (let seed = 1; ; seed++) {
          const scenario = scenarioOf(definitions, { nodes: mutant.nodes, seed, stores, chaosMs: 600 })
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
    },
  )
})
