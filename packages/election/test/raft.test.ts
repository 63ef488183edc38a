import { describe, expect, it } from 'vitest'
import type { ElectionDefinition } from '@quorate/core'
import { runElection, sweep } from '@quorate/simulation'
import { raft } from '../src/raft.js'
import { cluster } from './cluster.js'
import { importMutant } from './mutant.js'
import { stores } from './stores.js'

describe("the sweep of Raft's election finds", { timeout: 240_000 }, () => {
  /** The properties that the first failing run of the sweep finds broken. */
  const found = async (original: string, replacement: string): Promise<readonly string[]> => {
    const wrong = await mutant(original, replacement)
    const { failed } = sweep({ from: 1, to: 2000 }, (seed) => runElection(wrong, { nodes: 5, seed, stores }))
    return failed?.violations.map(({ property }) => property) ?? []
  }

  it('a vote that is sent before it is durable', async () => {
    const sent = "this.#env.send(candidate, { type: 'vote', term: granted ? term : this.#ballot.term, granted })"
    expect(await found(sent, sent.replace(/\)$/, ', AT_ONCE)'))).not.toEqual([])
  })

  it('two votes in one term', async () => {
    const free = "const free = this.#ballot.votedFor === '' || this.#ballot.votedFor === candidate"
    expect(await found(free, 'const free = true')).toContain('one-leader-per-term')
  })

  it('a vote of an earlier term that counts', async () => {
    const counted = "if (this.#role.name !== 'candidate' || term !== this.#ballot.term) return"
    expect(await found(counted, "if (this.#role.name !== 'candidate') return")).not.toEqual([])
  })
})

const ids = ['n1', 'n2', 'n3']
type Raft = ElectionDefinition<unknown>

/** A leader is cut off from the majority: who leads in the end, as it sees it itself and as another does. */
function cutOff(definition: Raft) {
  const simulation = cluster(definition, { ids, seed: 1 })
  simulation.start()
  simulation.run(500)
  const first = simulation.root('n1').leader as string
  expect(ids.map((id) => simulation.root(id).leader)).toEqual([first, first, first])
  const others = ids.filter((id) => id !== first)
  simulation.apply({ type: 'cut', from: [first], to: others })
  simulation.apply({ type: 'cut', from: others, to: [first] })
  simulation.run(1500)
  return { others, itself: simulation.root(first).leader, rest: others.map((id) => simulation.root(id).leader) }
}

/** A follower is cut off and comes back: whether all name the leader of before, in the term of before. */
function undisturbed(definition: Raft): boolean {
  const simulation = cluster(definition, { ids, seed: 1 })
  simulation.start()
  simulation.run(500)
  const first = simulation.root('n1').leader as string
  const { term } = simulation.root(first)
  const lost = ids.find((id) => id !== first) as string
  const others = ids.filter((id) => id !== lost)
  simulation.apply({ type: 'cut', from: [lost], to: others })
  simulation.apply({ type: 'cut', from: others, to: [lost] })
  simulation.run(1500)
  simulation.apply({ type: 'heal' })
  simulation.run(2500)
  return ids.every((id) => simulation.root(id).leader === first && simulation.root(id).term.number === term.number)
}

const mutant = async (original: string, replacement: string): Promise<Raft> =>
  (await importMutant<{ raft: Raft }>('raft.ts', original, replacement)).raft

describe("Raft's election", () => {
  it('has a leader give up that no quorum acknowledges any more, and the majority elect another', async () => {
    const { others, itself, rest } = cutOff(raft)
    expect(itself).toBeUndefined()
    expect(others).toContain(rest[0])
    expect(rest[1]).toBe(rest[0])
    const stays = await mutant('if (!this.#quorum.isQuorum(this.#role.acknowledgedBy)) {', 'if (nowMs < 0) {')
    expect(cutOff(stays).itself).toBeDefined()
  })

  it('is not disturbed by a node that was cut off and comes back: it asks first, and who hears a leader does not answer', async () => {
    expect(undisturbed(raft)).toBe(true)
    const answers = await mutant('} else if (this.#leader !== undefined) {', '} else if (term < 0) {')
    expect(undisturbed(answers)).toBe(false)
    const doesNotAsk = await mutant(
      'else if (this.#leader === undefined) this.#hope()',
      'else if (this.#leader === undefined) this.#campaign()',
    )
    expect(undisturbed(doesNotAsk)).toBe(false)
  })
})
