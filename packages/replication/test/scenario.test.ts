import { raft } from '@quorate/election/raft'
import { parseScenario, printScenario, runScenario, scenarioOf, type OpenStores } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { expect, it } from 'vitest'
import { raftLog } from '../src/index.js'
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
