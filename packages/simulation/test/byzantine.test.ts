import { isQuorateError, type FaultKind } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { runAgreement, runElection, type FaultAction, type Misconduct, type Simulation } from '../src/index.js'
import { floodingVote } from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import { codec, note, probes, type Note, type Probe } from './probe.js'

const texts = (simulation: Simulation<Probe>, id: string) => (simulation.inspect(id) as { heard: string[] }).heard

/** A Byzantine n1 says `a0` to `a19`, each to n2, n3 and itself. */
function misbehaving(conduct: Misconduct) {
  const simulation = probes(
    3,
    {},
    {
      links: { minDelayMs: 1, maxDelayMs: 1, ordered: true },
      forge: (_, payload, random, { self, to, members }) => {
        const { text } = codec.decode(payload) as Note
        return codec.encode(note(`${text} lie ${random.integer(0, 1e9)} of ${self} to ${to} of ${members.length}`))
      },
    },
  )
  simulation.apply({ type: 'byzantine', node: 'n1', ...conduct })
  for (let count = 0; count < 20; count++) {
    simulation.at(count * 10, () =>
      simulation.request('n1', 'say', ({ env }) => env.send(['n1', 'n2', 'n3'], note(`a${count}`))),
    )
  }
  simulation.run(1000)
  const [self, one, other] = ['n1', 'n2', 'n3'].map((id) => texts(simulation, id)) as [string[], string[], string[]]
  expect(self).toEqual(Array.from({ length: 20 }, (_, count) => `a${count} from n1`))
  return { one, other, coverage: simulation.marks.counts }
}

describe('a Byzantine node', () => {
  it('that lies tells all the same lie', () => {
    const { one, other, coverage } = misbehaving({ lies: 1 })
    expect(one).toEqual(other)
    expect(one.filter((text) => text.includes(' lie ') && text.includes('of n1 to n2 of 3'))).toHaveLength(20)
    expect(coverage['byzantine-lie']).toBe(20)
  })

  it('that lies now and then tells the truth to all in between', () => {
    const { one, other } = misbehaving({ lies: 0.5 })
    expect(one).toEqual(other)
    const lies = one.filter((text) => text.includes(' lie '))
    expect(lies.length).toBeGreaterThan(3)
    expect(lies.length).toBeLessThan(17)
  })

  it('that equivocates tells each another', () => {
    const { one, other, coverage } = misbehaving({ equivocates: 1 })
    expect([...one, ...other].filter((text) => text.includes(' lie '))).toHaveLength(40)
    expect(one.filter((text) => other.includes(text))).toEqual([])
    expect(coverage['byzantine-equivocation']).toBe(40)
  })

  it('that replays says old things again, besides the new', () => {
    const { one, coverage } = misbehaving({ replays: 0.5 })
    expect(new Set(one).size).toBe(20)
    expect(one.length).toBeGreaterThan(24)
    expect(coverage['byzantine-replay']).toBeGreaterThan(8)
  })

  it('that is silent says nothing, or less', () => {
    expect(misbehaving({ silent: 1 }).one).toEqual([])
    expect(misbehaving({ silent: 0.5 }).one.length).toBeLessThan(17)
  })

  it('is the same for the same seed', () => {
    const conduct = { lies: 0.3, equivocates: 0.3, replays: 0.3, silent: 0.3 }
    expect(misbehaving(conduct)).toEqual(misbehaving(conduct))
  })

  it('is refused with what is no probability, and with lies where nothing tells any', () => {
    expect(() => misbehaving({ lies: 2 })).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
    const apply = (conduct: Misconduct) => probes(2, {}).apply({ type: 'byzantine', node: 'n1', ...conduct })
    expect(() => apply({ equivocates: 0.1 })).toThrow(expect.objectContaining({ code: 'QUORATE_NO_FORGE' }))
    expect(() => apply({ silent: 0.1, replays: 0.1 })).not.toThrow()
  })
})

describe('a run with Byzantine nodes', () => {
  const byzantine: FaultKind[] = ['byzantine']
  const silent = (node: string): FaultAction => ({ type: 'byzantine', node, silent: 1 })

  it('takes an algorithm that says how it is lied to', () => {
    const run = () => runElection(raftElection, { nodes: 3, seed: 1, faults: byzantine })
    try {
      run()
      expect.unreachable()
    } catch (error) {
      if (!isQuorateError(error)) throw error
      expect([error.code, error.message]).toEqual([
        'QUORATE_FAULT_NOT_IMPLEMENTED',
        expect.stringContaining('offers no `forge`'),
      ])
    }
  })

  it('refuses beforehand to let one lie by a schedule where nothing says how, naming the place and the algorithm', () => {
    const run = (conduct: Misconduct) =>
      runElection(raftElection, {
        nodes: 3,
        seed: 1,
        schedule: [
          { atMs: 0, action: silent('n1') },
          { atMs: 20, action: { type: 'byzantine', node: 'n2', ...conduct } },
        ],
      })
    expect(() => run({ lies: 0.5 })).toThrow(
      expect.objectContaining({
        code: 'QUORATE_NO_FORGE',
        message: expect.stringContaining('schedule[1]: at 20 ms n2 is to lie, and raft') as string,
      }),
    )
    expect(() => run({ replays: 0.5 })).not.toThrow()
  })

  it('judges nothing that they do or say: one that decides what nobody proposed breaks nothing by that', () => {
    // Alone with its own value, each of two decides it.
    const apart = { atMs: 0, action: { type: 'cut', from: ['n1'], to: ['n2'] } } as const
    const back = { atMs: 0, action: { type: 'cut', from: ['n2'], to: ['n1'] } } as const
    const run = (schedule: Parameters<typeof runAgreement>[1]['schedule']) =>
      runAgreement(floodingVote, { nodes: 2, seed: 1, maxFaulty: 1, values: [1, 2], schedule: schedule ?? [] })
    const broken = run([apart, back]).violations.map(({ property }) => property)
    expect(broken).toContain('uniform-agreement')
    expect(run([apart, back, { atMs: 0, action: silent('n1') }]).violations).toEqual([])
    const { decisions } = run([apart, back, { atMs: 0, action: silent('n1') }])
    expect([...decisions.keys()]).toEqual(['n2'])
  })

  it('never has more of them than may be faulty', () => {
    for (const nodes of [3, 5]) {
      const definition = { ...floodingVote, forge: (message: never) => message }
      const counts = Array.from({ length: 40 }, (_, seed) => {
        const { trace } = runAgreement(definition as never, {
          nodes,
          seed,
          faults: byzantine,
          maxFaulty: (nodes - 1) / 2,
          traceLimit: 100_000,
        })
        const marked = trace.flatMap((entry) =>
          entry.type === 'fault' && entry.action.type === 'byzantine' ? entry.action.node : [],
        )
        return new Set(marked).size
      })
      expect(Math.max(...counts)).toBe((nodes - 1) / 2)
    }
  })
})
