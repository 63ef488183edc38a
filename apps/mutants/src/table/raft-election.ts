import type { Attack } from '../attacks/attack.js'
import type { BySearch, Mutant } from '../mutant.js'
import { own, raftPaper, raftThesis } from './sources.js'
import { suite } from './suite.js'

const election: Attack = { run: 'election', algorithm: 'raft', nodes: 5 }

const explored = (maxStates: number, property: string): BySearch => ({
  attack: { run: 'explore', maxStates },
  property,
  // There is nothing to be drawn in it.
  seeds: 1,
})

/** Raft's election: `election/src/raft.ts` and what it is made of. */
export const raftElectionMutants: readonly Mutant[] = [
  {
    id: 'vote-not-durable',
    bug: 'a vote is in memory only',
    package: 'election',
    edits: [
      {
        file: 'raft/ballot.ts',
        original: '    this.#write(this.#term, candidate)\n',
        replacement: '    this.#votedFor = candidate\n',
      },
    ],
    source: `${raftPaper}, figure 2: votedFor is persistent`,
    simulation: { attack: { run: 'duel', nodes: 3 }, property: 'one-leader-per-term' },
    explore: explored(2000, 'election-safety'),
  },
  {
    id: 'term-not-durable',
    bug: 'a vote is on disk, but not the term that it was given in',
    package: 'election',
    edits: [
      {
        file: 'raft/ballot.ts',
        original: "codec.encode({ type: 'ballot', term, votedFor })",
        replacement: "codec.encode({ type: 'ballot', term: 0, votedFor })",
      },
    ],
    source: `${raftPaper}, figure 2: currentTerm is persistent`,
    simulation: { attack: election, property: 'quorum-support' },
    conformance: suite('raft, an election quorum support'),
  },
  {
    id: 'ballot-not-durable',
    bug: 'neither a term nor a vote in it survives a crash',
    package: 'election',
    edits: [
      {
        file: 'raft/ballot.ts',
        original: "    this.#store.put(key, codec.encode({ type: 'ballot', term, votedFor }))\n",
        replacement: '',
      },
    ],
    source: `${raftPaper}, figure 2`,
    simulation: { attack: election, property: 'quorum-support' },
    explore: explored(100, 'quorum-support'),
    conformance: suite('raft, an election quorum support'),
  },
  {
    id: 'vote-sent-before-durable',
    bug: 'a vote leaves before it is on disk',
    package: 'election',
    edits: [
      {
        file: 'raft/voter.ts',
        original: "this.#env.send(candidate, { type: 'vote', term: granted ? term : this.#ballot.term, granted })",
        replacement:
          "this.#env.send(candidate, { type: 'vote', term: granted ? term : this.#ballot.term, granted }, AT_ONCE)",
      },
    ],
    source: `${raftPaper}, section 5.6 and figure 2: storage is written before a request is answered`,
    simulation: { attack: election, property: 'quorum-support' },
    conformance: suite('raft, an election quorum support'),
  },
  {
    id: 'two-votes-in-a-term',
    bug: 'a voter votes for whoever asks, as often as it is asked',
    package: 'election',
    edits: [
      {
        file: 'raft/voter.ts',
        original: "const free = this.#ballot.votedFor === '' || this.#ballot.votedFor === candidate",
        replacement: 'const free = true',
      },
    ],
    source: `${raftPaper}, section 5.2`,
    simulation: { attack: election, property: 'one-leader-per-term' },
    explore: explored(500, 'election-safety'),
    conformance: suite('raft, an election one leader per term'),
  },
  {
    id: 'vote-of-an-earlier-term-counts',
    bug: 'a candidate counts votes that it was given in an earlier term',
    package: 'election',
    edits: [
      {
        file: 'raft.ts',
        original: "if (this.#role.name !== 'candidate' || term !== this.#ballot.term) return",
        replacement: "if (this.#role.name !== 'candidate') return",
      },
    ],
    source: own,
    simulation: { attack: election, property: 'quorum-support' },
  },
  {
    id: 'position-not-compared',
    bug: 'a voter does not compare how far logs have come',
    package: 'election',
    edits: [
      {
        file: 'position.ts',
        original: 'comparePositions({ term: { number, id }, index }, own) >= 0',
        replacement: 'comparePositions({ term: { number, id }, index }, own) >= -1',
      },
    ],
    source: `${raftPaper}, section 5.4.1`,
    simulation: { attack: { run: 'log', nodes: 3 }, property: 'leader-completeness' },
    explore: explored(10_000, 'leader-completeness'),
    conformance: suite('raft-log, a replicated log on the election raft leader completeness', 'replication'),
  },
  {
    id: 'position-compared-by-index',
    bug: 'a voter compares the lengths of logs, not the terms of their ends',
    package: 'election',
    edits: [
      {
        file: 'position.ts',
        original: 'comparePositions({ term: { number, id }, index }, own) >= 0',
        replacement: 'comparePositions({ term: { number, id }, index }, { ...own, term: { number, id } }) >= 0',
      },
    ],
    source: `${raftPaper}, section 5.4.1: the later term wins, and length only decides between equal ones`,
    simulation: {
      attack: { run: 'log', nodes: 3, faults: ['partition'], chaosMs: 3000 },
      property: 'leader-completeness',
    },
  },
  {
    id: 'pre-vote-though-a-leader-is-heard',
    bug: 'a node that hears a leader tells one that was cut off that it would vote for it',
    package: 'election',
    edits: [
      {
        file: 'raft/voter.ts',
        original: '} else if (led) {',
        replacement: '} else if (led && term < 0) {',
      },
    ],
    source: `${raftThesis}, sections 4.2.3 and 9.6; etcd#8501`,
    simulation: { attack: { run: 'cut-off', nodes: 5 }, property: 'stability' },
    unit: {
      file: 'raft.test.ts',
      test: "Raft's election is not disturbed by a node that was cut off and comes back: it asks first, and who hears a leader does not answer",
    },
  },
  {
    id: 'no-pre-vote',
    bug: 'a node that was cut off stands without asking first',
    package: 'election',
    edits: [
      {
        file: 'raft.ts',
        original: 'else if (this.#leader === undefined) this.#hope()',
        replacement: 'else if (this.#leader === undefined) this.#campaign()',
      },
    ],
    source: `${raftThesis}, section 9.6`,
    simulation: { attack: { run: 'cut-off', nodes: 5 }, property: 'stability' },
    unit: {
      file: 'raft.test.ts',
      test: "Raft's election is not disturbed by a node that was cut off and comes back: it asks first, and who hears a leader does not answer",
    },
  },
  {
    id: 'check-quorum-never-steps-down',
    bug: 'a leader that no quorum hears leads on',
    package: 'election',
    edits: [
      {
        file: 'raft/leading.ts',
        original: 'if (!this.#quorum.isQuorum(this.#acknowledgedBy)) return undefined',
        replacement: 'if (nowMs < 0) return undefined',
      },
    ],
    source: `${raftThesis}, section 6.2`,
    simulation: { attack: { run: 'cut-off', nodes: 3 }, property: 'leader-with-quorum' },
    unit: {
      file: 'raft.test.ts',
      test: "Raft's election has a leader give up that no quorum acknowledges any more, and the majority elect another",
    },
  },
  {
    id: 'check-quorum-counts-old-acknowledgements',
    bug: 'an acknowledgement of any announcement of the term counts, however old',
    package: 'election',
    edits: [
      {
        file: 'raft/leading.ts',
        original: '      this.#acknowledgedBy = new Set([this.#self])\n      this.#checkAtMs',
        replacement: '      this.#checkAtMs',
      },
    ],
    source: own,
    simulation: { attack: { run: 'cut-off', nodes: 3 }, property: 'leader-with-quorum' },
  },
]
