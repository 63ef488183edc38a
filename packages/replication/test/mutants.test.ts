import type { ReplicatedLogDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { importMutant } from './mutant.js'
import { violations } from './support.js'

/** Known mistakes, and the property that each of them breaks first. */
const mutants = [
  {
    mistake: 'a follower acknowledges before its disk has it',
    file: 'raft-log.ts',
    original: 'this.#env.send(leader, answer)',
    replacement: 'this.#env.send(leader, answer, AT_ONCE)',
    nodes: 3,
  },
  {
    mistake: 'an append that was overtaken cuts off what a later one brought',
    file: 'follower.ts',
    original: 'if (!sameTerm(log.termAt(index), terms[place] as Term)) {',
    replacement: 'if (log.has(index)) {',
    nodes: 3,
  },
  {
    mistake: 'a follower does not compare what an append builds upon',
    file: 'follower.ts',
    original: 'if (previousIndex > committed && !sameTerm(log.termAt(previousIndex), previousTerm)) {',
    replacement: 'if (previousIndex < 0) {',
    nodes: 5,
  },
  {
    mistake: 'a read is answered by a leader that was not confirmed',
    file: 'read-barriers.ts',
    original: 'if (this.#asked.length === 0 || !this.#quorum.isQuorum(this.#confirmed)) return undefined',
    replacement: 'if (this.#asked.length === 0) return undefined',
    nodes: 3,
  },
  {
    mistake: 'a read is confirmed by the answers to an earlier one',
    file: 'read-barriers.ts',
    original: 'this.#confirmed = new Set([this.#self])',
    replacement: 'if (this.#confirmed.size === 0) this.#confirmed = new Set([this.#self])',
    nodes: 3,
  },
  {
    mistake: 'a read is answered before the leader has committed in its own term',
    file: 'leadership.ts',
    original: 'if (commitIndex < this.#beginning) return',
    replacement: '',
    nodes: 3,
  },
  {
    mistake: 'a doubled proposal is appended twice',
    file: 'leadership.ts',
    original: 'return forwards.incarnation === from.incarnation && forwards.seen.add(sequence)',
    replacement: 'return forwards.incarnation === from.incarnation',
    nodes: 3,
  },
  {
    mistake: 'a leader that has acknowledged a newer candidate goes on appending',
    file: 'raft-log.ts',
    original: 'if (sameTerm(this.#election.promised, this.#leadership.term)) return this.#leadership',
    replacement: 'return this.#leadership',
    nodes: 3,
  },
] as const

describe('a sweep finds', () => {
  it.each(mutants)(
    '$mistake',
    async ({ file, original, replacement, nodes }) => {
      const { raftLog } = await importMutant<{ raftLog: ReplicatedLogDefinition<unknown> }>(file, original, replacement)
      expect(violations(raftLog, { from: 1, to: 500 }, nodes)).toBeDefined()
    },
    120_000,
  )
})
