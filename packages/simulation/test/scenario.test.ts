import { faults as faultKinds, isQuorateError, type FaultKind } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import {
  parseScenario,
  printScenario,
  runAgreement,
  runElection,
  runFailureDetector,
  runScenario,
  scenarioOf,
  type RunOptions,
  type Scenario,
} from '../src/index.js'
import { floodingVote } from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import * as wrong from './wrong-algorithms.js'

const seeds = Array.from({ length: 12 }, (_, index) => index + 1)
/** Everything that strikes without a disk. */
const everything = (Object.keys(faultKinds) as FaultKind[]).filter(
  (kind) => !['torn-write', 'bit-rot', 'lost-write', 'byzantine'].includes(kind),
)

describe('scenarioOf', () => {
  it('draws what the seed of an election draws: written, read and run it is the same run', () => {
    for (const seed of seeds) {
      const options: RunOptions = { nodes: 5, seed, faults: everything, chaosMs: 400 }
      const scenario = scenarioOf({ algorithm: raftElection }, options)
      expect(scenario.schedule.length).toBeGreaterThan(0)
      expect(scenario.requests.length).toBeGreaterThan(0)
      const again = parseScenario(printScenario(scenario))
      expect(again).toEqual(scenario)
      expect(runScenario(again, { algorithm: raftElection }).hash).toBe(runElection(raftElection, options).hash)
    }
  })

  it('draws the values of a vote, and ends its faults when the run does', () => {
    for (const seed of seeds) {
      const options = { nodes: 4, seed, maxFaulty: 2, faults: everything }
      const scenario = scenarioOf({ algorithm: floodingVote }, options)
      const run = runAgreement(floodingVote, options)
      expect(scenario.values).toEqual([...run.proposals.values()])
      const again = parseScenario(printScenario(scenario))
      expect(runScenario(again, { algorithm: floodingVote }).hash).toBe(run.hash)
    }
  })

  it('keeps the intervals of a detector', () => {
    for (const seed of seeds) {
      const options = { nodes: 3, seed, heartbeatIntervalMs: 50, faults: ['crash-recovery', 'pause'] } as const
      const scenario = scenarioOf({ algorithm: wrong.suspectsAll }, options)
      expect(scenario).toMatchObject({ heartbeatIntervalMs: 50, detectionTimeMs: 500, chaosMs: 5000 })
      const again = parseScenario(printScenario(scenario))
      const { hash } = runFailureDetector(wrong.suspectsAll, options)
      expect(runScenario(again, { algorithm: wrong.suspectsAll }).hash).toBe(hash)
    }
  })
})
