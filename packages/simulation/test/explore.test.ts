import {
  isQuorateError,
  messageCodec,
  type Election,
  type ElectionDefinition,
  type ElectionIndication,
  type Environment,
  type Inspection,
  type NodeId,
} from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { electionSubject } from '../src/explore/election-subject.js'
import { rerun } from '../src/explore/rerun.js'
import { exploreAgreement, exploreElection, nodeIds, type ExploreElectionOptions } from '../src/index.js'
import { importMutant } from './mutant.js'
import { floodingVote } from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import { firstHeard, twice, unheardOf } from './wrong-algorithms.js'

/** Small enough to be run without any reduction. */
const tiny = { nodes: 2, timers: 1, crashes: 1 }
const small = { nodes: 3, timers: 1, timersInAll: 1, crashes: 0 }

async function withMistake(original: string, mistake: string): Promise<ElectionDefinition<unknown>> {
  type Module = { readonly raftElection: ElectionDefinition<unknown> }
  return (await importMutant<Module>('support/raft-election.ts', original, mistake)).raftElection
}

const stored = "this.#env.store.put('ballot', memory.encode({ type: 'ballot', term, votedFor }))"

/** Without its invariant, so that what follows from forgotten votes is seen, not that they are forgotten. */
function seenByLeaders(definition: ElectionDefinition<unknown>): ElectionDefinition<unknown> {
  return { ...definition, invariants: [] }
}

describe('an exploration', () => {
  it('runs all that can happen within its bounds, says how much that was, and finds nothing in what is right', () => {
    const result = exploreElection(raftElection, tiny)
    expect(result).toMatchObject({ exhaustive: true, stopped: undefined, violations: [], beyondModel: [] })
    expect(result.states).toBe(result.nodeStates)
    expect(result.states).toBeGreaterThan(100)
    expect(result.restStates).toBeGreaterThan(0)
    expect(result.schedules).toBeGreaterThan(100)
  })

  it('is the same each time', () => {
    expect(exploreElection(raftElection, tiny)).toEqual(exploreElection(raftElection, tiny))
  })

  it.each([tiny, small, { ...tiny, pendingWrites: 1 }, { ...tiny, time: true }])(
    'comes to the same states of the nodes with its reductions and without: %o',
    (bounds) => {
      const [reduced, full] = [true, false].map((reduction) => exploreElection(raftElection, { ...bounds, reduction }))
      expect(reduced?.hash).toBe(full?.hash)
      expect(reduced?.nodeStates).toBe(full?.nodeStates)
      expect(reduced?.states).toBeLessThanOrEqual(full?.states as number)
    },
  )

  it('goes on from fewer states with its reductions', () => {
    const [reduced, full] = [true, false].map((reduction) => exploreElection(raftElection, { ...tiny, reduction }))
    expect((reduced?.states as number) * 2).toBeLessThan(full?.states as number)
  })

  it('violates the same with its reductions and without', async () => {
    const forgetful = await withMistake(stored, '')
    const properties = (options: Partial<ExploreElectionOptions>) => {
      const result = exploreElection(forgetful, { ...tiny, stopAtViolation: false, ...options })
      return result.violations.map(({ property }) => property).sort()
    }
    expect(properties({ reduction: false })).toEqual(['quorum-support'])
    expect(properties({})).toEqual(['quorum-support'])
    expect(properties({ symmetric: true })).toEqual(['quorum-support'])
  })

  it('takes no event for impossible that writes more than may wait: then writes become durable until no more wait', () => {
    const wordy = selfNaming((env) => new Wordy(env))
    for (const pendingWrites of [0, 1, 2]) {
      const { violations } = exploreElection(wordy, { ...tiny, pendingWrites })
      expect(violations.map(({ property }) => property)).toEqual(['one-leader-per-term'])
    }
  })

  it('says what it takes for granted, and which guarantees it does not check', () => {
    const { assumptions, unchecked } = exploreElection(raftElection, { ...tiny, symmetric: true })
    expect(assumptions.map((each) => each.split(' ').slice(0, 3).join(' '))).toEqual([
      'clocks stand still:',
      'what an event',
      'nodes are alike',
      'every random draw',
      'messages arrive as',
    ])
    expect(exploreElection(raftElection, { ...tiny, time: true, pendingWrites: 1 }).assumptions).toHaveLength(2)
    expect(unchecked).toEqual(['eventual-agreement', 'eventual-accuracy'])
  })

  it('runs once what differs in names only', () => {
    const [all, one] = [false, true].map((symmetric) =>
      exploreElection(raftElection, { ...small, timersInAll: 2, symmetric }),
    )
    expect(one).toMatchObject({ exhaustive: true, violations: [] })
    expect((one?.nodeStates as number) * 4).toBeLessThan(all?.nodeStates as number)
  })

  it('ends where it is told to, and then claims nothing', () => {
    const stopped = exploreElection(raftElection, { ...tiny, maxStates: 50 })
    expect(stopped).toMatchObject({ exhaustive: false, stopped: '50 states were reached', states: 50 })
    const asked = exploreElection(raftElection, { nodes: 3, stop: ({ states }) => (states > 0 ? 'enough' : undefined) })
    expect(asked).toMatchObject({ exhaustive: false, stopped: 'enough' })
  })

  it('refuses a bound that is none', () => {
    expect(() => exploreElection(raftElection, { nodes: 8 })).toThrow(/nodes/)
    expect(() => exploreElection(raftElection, { nodes: 3, timers: -1 })).toThrow(/timers/)
  })
})

describe('a violation that was found', () => {
  it('comes with the steps that lead to it, none of which can be left out, and which lead there again', async () => {
    const forgetful = seenByLeaders(await withMistake(stored, ''))
    const { violations, exhaustive } = exploreElection(forgetful, {
      nodes: 3,
      timers: 1,
      crashes: 1,
      maxStates: 20_000,
    })
    expect(exhaustive).toBe(false)
    const [violation] = violations
    expect(violation?.property).toBe('one-leader-per-term')
    expect(violation?.steps.map(({ what }) => what).filter((what) => what.startsWith('crashes'))).toHaveLength(1)
    expect(violation?.trace.at(-1)).toMatchObject({ type: 'violation', property: 'one-leader-per-term' })
    const subject = electionSubject(forgetful, { ids: nodeIds(3), stands: 0 })
    const choices = violation?.choices ?? []
    const holds = (schedule: typeof choices): boolean => {
      const { possible, findings } = rerun(subject, false, schedule)
      return possible && findings.some(({ property }) => property === 'one-leader-per-term')
    }
    expect(holds(choices)).toBe(true)
    expect(choices.filter((_, place) => holds(choices.toSpliced(place, 1)))).toEqual([])
  })

  it('may rest on a vote that left before it was durable', async () => {
    const hasty = await withMistake(
      "this.#env.send(from.id, { type: 'vote', term: this.#term, granted })",
      "this.#env.send(from.id, { type: 'vote', term: this.#term, granted }, 0 as never)",
    )
    const { violations } = exploreElection(seenByLeaders(hasty), { nodes: 3, timers: 1, crashes: 1, maxStates: 20_000 })
    expect(violations.map(({ property }) => property)).toEqual(['one-leader-per-term'])
    expect(violations[0]?.steps.some(({ what }) => what.startsWith('crashes, loses 1 write'))).toBe(true)
  })

  it('may take a clock that has moved', () => {
    const patient = selfNaming((env) => new Patient(env))
    expect(exploreElection(patient, { nodes: 2, crashes: 0 })).toMatchObject({ exhaustive: true, violations: [] })
    const { violations } = exploreElection(patient, { nodes: 2, crashes: 0, time: true })
    expect(violations.map(({ property }) => property)).toEqual(['one-leader-per-term'])
  })

  it.each([
    { wrong: firstHeard, property: 'uniform-agreement' },
    { wrong: unheardOf, property: 'validity' },
    { wrong: twice, property: 'integrity' },
  ])('is of what an agreement guarantees, too: $property', ({ wrong, property }) => {
    const { violations } = exploreAgreement(wrong, { nodes: 2, timers: 0, crashes: 0 })
    expect(violations.map((each) => each.property)).toContain(property)
  })

  it('is said to be beyond what the algorithm declares where it is', () => {
    const { violations, beyondModel } = exploreAgreement(floodingVote, {
      nodes: 2,
      timers: 4,
      crashes: 0,
      time: true,
      maxStates: 5000,
    })
    expect(violations.map(({ property }) => property)).toContain('uniform-agreement')
    expect(beyondModel).toEqual(expect.arrayContaining(['delays without bound', 'loss']))
  })
})

describe('state that inspect() leaves out', () => {
  it('is noticed where two ways to one state lead on differently', async () => {
    const secretive = await withMistake('leader: this.leader ?? null, votes }', 'leader: this.leader ?? null }')
    const code = (): string | undefined => {
      try {
        const result = exploreElection(secretive, { ...small, nodes: 4, compareFutures: 2000 })
        return JSON.stringify(result)
      } catch (error) {
        return isQuorateError(error) ? error.code : String(error)
      }
    }
    expect(code()).toBe('QUORATE_STATE_NOT_INSPECTED')
  })
})

function withoutVotes(inspection: Inspection): Inspection {
  const { votes: _, ...rest } = inspection
  return rest
}

describe('what an abstraction takes for the same', () => {
  const definition = raftElection as ElectionDefinition<unknown>
  const bounds = { ...tiny, timers: 2, timersInAll: 2 }
  const codeOf = (action: () => unknown): string => {
    try {
      return JSON.stringify(action())
    } catch (error) {
      return isQuorateError(error) ? error.code : String(error)
    }
  }

  it('leaves out no state of the nodes, where messages that are obsolete are left out', () => {
    const isOldVote = ({ term, role }: Inspection, message: unknown): boolean => {
      const { type, term: of } = message as { readonly type: string; readonly term: number }
      return type === 'vote' && (of < Number(term) || (of === term && role !== 'candidate'))
    }
    const all = exploreElection(definition, bounds)
    const fewer = exploreElection({ ...definition, abstraction: { obsolete: isOldVote } }, bounds)
    expect(fewer).toMatchObject({ exhaustive: true, hash: all.hash, nodeStates: all.nodeStates })
    expect(fewer.states).toBeLessThan(all.states)
  })

  it('is noticed where a message is left out that would do something', () => {
    const abstraction = { obsolete: () => true }
    expect(codeOf(() => exploreElection({ ...definition, abstraction }, bounds))).toBe('QUORATE_MESSAGE_NOT_OBSOLETE')
  })

  it('is noticed where what is left out of a state decides something', () => {
    const abstraction = { timeless: withoutVotes }
    const explore = () => exploreElection({ ...definition, abstraction }, { ...small, nodes: 4, compareFutures: 2000 })
    expect(codeOf(explore)).toBe('QUORATE_STATE_NOT_INSPECTED')
  })

  it('counts where time passes', () => {
    const abstraction = { timeless: withoutVotes }
    const timed = { ...tiny, time: true }
    expect(exploreElection({ ...definition, abstraction }, timed)).toEqual(exploreElection(definition, timed))
  })
})

type SelfEnvironment = Environment<never, ElectionIndication>

/** An election in which two nodes may name themselves in one term. */
function selfNaming(create: (env: SelfEnvironment) => Election<unknown>): ElectionDefinition<unknown> {
  return {
    ...seenByLeaders(raftElection as ElectionDefinition<unknown>),
    carriesLog: false,
    codec: messageCodec({ again: {} }),
    create,
  } as unknown as ElectionDefinition<unknown>
}

/** Names itself once it has waited long enough by its clock. */
class Patient implements Election<unknown> {
  leader: NodeId | undefined
  readonly term = { number: 1, id: '' }
  protected readonly env: SelfEnvironment

  constructor(env: SelfEnvironment) {
    this.env = env
  }

  start(): void {
    this.env.timer('wait', 10)
  }

  timeout(): void {
    if (this.env.clock.now() < 10) return
    this.leader = this.env.self.id
    this.env.indicate({ type: 'leader-changed', leader: this.leader, term: this.term })
  }

  receive(): void {}
  stand(): void {}
  resign(): void {}
  suspect(): void {}
  restore(): void {}

  inspect() {
    return { leader: this.leader ?? null }
  }
}

/** Names itself when two of its steps, the second right behind the first, have each written something. */
class Wordy extends Patient {
  override timeout(): void {
    this.env.store.put('first', Uint8Array.of(1))
    this.env.send(this.env.self.id, { type: 'again' } as never, 0 as never)
  }

  override receive(): void {
    this.env.store.put('second', Uint8Array.of(2))
    this.leader = this.env.self.id
    this.env.indicate({ type: 'leader-changed', leader: this.leader, term: this.term })
  }
}
