import { describe, expect, it } from 'vitest'
import { runAttack } from '../src/attacks/run-attack.js'

describe('the replicated log, where one of five nodes goes deaf for good and is heard by all', () => {
  it.each(['timestamp', 'raft'] as const)(
    'keeps its promises, and the others do not wait for it: on the election %s',
    { timeout: 240_000 },
    (election) => {
      const attack = {
        run: 'log',
        election,
        nodes: 5,
        faults: ['one-way-partition', 'crash-recovery', 'delay'],
        deafens: true,
      } as const
      // The known bugs of this kind are found by the seeds before these.
      for (let seed = 1001; seed <= 1300; seed++) {
        expect({ seed, violations: runAttack(attack, seed) }).toEqual({ seed, violations: [] })
      }
    },
  )
})
