import type { Edit, Mutant } from '../mutant.js'
import { own, raftPaper, raftThesis } from './sources.js'
import { suite } from './suite.js'

const log = { run: 'log', nodes: 3 } as const
const doubled = { ...log, faults: ['duplication', 'delay'], chaosMs: 2000 } as const
const late = { ...log, faults: ['delay'], chaosMs: 2000 } as const

/** One entry at a time, which is no mistake, so that a leader can bring old entries to others without the one that begins its term. */
const entryByEntry: readonly Edit[] = [
  { file: 'limits.ts', original: 'maxAppendBytes: 512 * 1024', replacement: 'maxAppendBytes: 1' },
  { file: 'limits.ts', original: 'maxInflightAppends: 8', replacement: 'maxInflightAppends: 1' },
]

/** The log's leader: `replication/src/leadership.ts`, what it is made of, and `leader-role.ts`. */
export const leaderMutants: readonly Mutant[] = [
  {
    id: 'old-term-committed-by-counting',
    bug: 'entries of an earlier term are committed by counting',
    package: 'replication',
    edits: [
      {
        file: 'leadership.ts',
        original: 'if (index <= this.#context.commitIndex() || !sameTerm(log.termAt(index), this.term)) return',
        replacement: 'if (index <= this.#context.commitIndex()) return',
      },
      ...entryByEntry,
    ],
    source: `${raftPaper}, section 5.4.2 and figure 8`,
    simulation: { attack: { ...log, faults: ['partition'], chaosMs: 3000 }, property: 'leader-completeness' },
  },
  {
    id: 'leader-counts-itself-before-durable',
    bug: 'a leader counts itself for what its disk does not have yet',
    package: 'replication',
    edits: [
      {
        file: 'leadership.ts',
        original: '    this.#uncommittedBytes += bytes\n',
        replacement: '    this.#uncommittedBytes += bytes\n    this.#count(this.#context.self, log.lastIndex)\n',
      },
    ],
    source: `${raftThesis}, section 10.2.1`,
    simulation: { attack: { run: 'last-copy' }, property: 'state-machine-safety' },
  },
  {
    id: 'read-by-deposed-leader',
    bug: 'a read is answered by a leader that no quorum has confirmed',
    package: 'replication',
    edits: [
      {
        file: 'read-barriers.ts',
        original: 'if (this.#asked.length === 0 || !this.#quorum.isQuorum(this.#confirmed)) return undefined',
        replacement: 'if (this.#asked.length === 0) return undefined',
      },
    ],
    source: `${raftThesis}, section 6.4; etcd#741`,
    simulation: { attack: log, property: 'linearizable-reads' },
  },
  {
    id: 'read-barrier-context-reused',
    bug: 'a read is confirmed by the answers to an earlier one',
    package: 'replication',
    edits: [
      {
        file: 'read-barriers.ts',
        original: 'this.#confirmed = new Set([this.#self])',
        replacement: 'if (this.#confirmed.size === 0) this.#confirmed = new Set([this.#self])',
      },
    ],
    source: 'etcd#20418: stale reads from a reused ReadIndex context',
    simulation: { attack: log, property: 'linearizable-reads' },
  },
  {
    id: 'read-barrier-late-answer-counts',
    bug: 'a confirmation of an earlier round counts for the present one',
    package: 'replication',
    edits: [
      {
        file: 'read-barriers.ts',
        original: 'if (round === this.#round) this.#confirmed.add(from)',
        replacement: 'if (round <= this.#round) this.#confirmed.add(from)',
      },
    ],
    source: 'etcd#20418',
    simulation: { attack: late, property: 'linearizable-reads' },
  },
  {
    id: 'read-before-first-commit-of-term',
    bug: 'a read is answered before the leader has committed in its own term',
    package: 'replication',
    edits: [{ file: 'leadership.ts', original: 'if (commitIndex < this.#beginning) return', replacement: '' }],
    source: `${raftThesis}, section 6.4, step 1`,
    simulation: { attack: log, property: 'linearizable-reads' },
  },
  {
    id: 'duplicate-proposal-applied-twice',
    bug: 'a forwarded proposal that comes twice is appended twice',
    package: 'replication',
    edits: [
      {
        file: 'leadership.ts',
        original: 'return forwards.incarnation === from.incarnation && forwards.seen.add(sequence)',
        replacement: 'return forwards.incarnation === from.incarnation',
      },
    ],
    source: `${raftThesis}, section 6.3`,
    simulation: { attack: log, property: 'state-machine-safety', says: 'was proposed once and committed twice' },
    conformance: suite('raft-log, a replicated log on the election raft state machine safety'),
  },
  {
    id: 'duplicate-refused-though-appended',
    bug: 'a doubled proposal is refused by a leader that has appended it and hands over',
    package: 'replication',
    edits: [
      {
        file: 'leader-role.ts',
        original: 'const news = proposals.filter(({ sequence }) => leads?.firstForwarded(from, sequence) === true)',
        replacement:
          'const first = proposals.filter(({ sequence }) => leads?.firstForwarded(from, sequence) === true)\n' +
          '    const news = leadership === undefined || this.#transferee === undefined ? first : proposals',
      },
    ],
    source: own,
    simulation: { attack: doubled, property: 'state-machine-safety', says: 'was rejected and is committed' },
  },
  {
    id: 'outcome-of-another-life',
    bug: "a refusal that was meant for a node's former life ends a proposal of its present one",
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original:
          'if (message.incarnation !== this.#env.self.incarnation) return\n        for (const sequence of message.sequences)',
        replacement: 'for (const sequence of message.sequences)',
      },
    ],
    source: own,
    simulation: { attack: { run: 'rebirth' }, property: 'state-machine-safety' },
  },
  {
    id: 'commit-of-another-life',
    bug: "an entry that a node's former life proposed ends a proposal of its present one",
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'else if (origin.proposer === id && origin.incarnation === incarnation) {',
        replacement: 'else if (origin.proposer === id && incarnation > 0) {',
      },
    ],
    source: own,
    simulation: { attack: log, property: 'state-machine-safety', says: 'is told that' },
  },
  {
    id: 'deposed-leader-appends',
    bug: 'a leader that has acknowledged a newer candidate goes on appending',
    package: 'replication',
    edits: [
      {
        file: 'leader-role.ts',
        original: 'if (sameTerm(this.#election.promised, this.#leadership.term)) return this.#leadership',
        replacement: 'return this.#leadership',
      },
    ],
    source: own,
    simulation: { attack: log, property: 'log-matching' },
  },
  {
    id: 'superseded-by-its-own-term',
    bug: 'a proposal is refused once an entry of its own term is committed, and not only of a later one',
    package: 'replication',
    edits: [
      {
        file: 'proposals.ts',
        original: 'if (compareTerms(pending.term, term) >= 0) return',
        replacement: 'if (compareTerms(pending.term, term) > 0) return',
      },
    ],
    source: own,
    simulation: { attack: log, property: 'state-machine-safety', says: 'was rejected and is committed' },
  },
  {
    id: 'transfer-to-a-lagging-member',
    bug: 'leadership is handed to a member whose log lacks something',
    package: 'replication',
    edits: [
      {
        file: 'leader-role.ts',
        original: 'if (leadership.isLevel(to)) this.#election.transfer(to)',
        replacement: 'if (leadership !== undefined) this.#election.transfer(to)',
      },
    ],
    source: `${raftThesis}, section 3.10, step 2`,
    simulation: { attack: { run: 'hand-over', nodes: 3 }, property: 'transfer' },
  },
  {
    id: 'match-index-goes-back',
    bug: 'an acknowledgement that was overtaken takes back what a later one said',
    package: 'replication',
    edits: [
      {
        file: 'progress.ts',
        original: 'this.matchIndex = Math.max(this.matchIndex, matchIndex)',
        replacement: 'this.matchIndex = matchIndex',
      },
    ],
    source: `${raftThesis}, section 10.2.1: pipelining reorders`,
    simulation: { attack: log, property: 'match-index-monotonic' },
    unit: {
      file: 'progress.test.ts',
      test: 'the progress of a follower never goes back behind what is acknowledged: late answers say nothing new',
    },
  },
  {
    id: 'stale-conflict-takes-back-a-match',
    bug: 'a conflict of an append that was sent long ago takes back what was acknowledged since',
    package: 'replication',
    edits: [
      {
        file: 'progress.ts',
        original: 'if (previousIndex <= this.matchIndex) return',
        replacement: 'this.matchIndex = Math.min(this.matchIndex, nextIndex - 1)',
      },
    ],
    source: 'CCF#5674: a stale NACK rolls back committed entries',
    simulation: { attack: log, property: 'match-index-monotonic' },
  },
  {
    id: 'window-not-reopened-after-loss',
    bug: 'a leader that sends ahead does not go back when an append was lost',
    package: 'replication',
    edits: [
      {
        file: 'progress.ts',
        original: 'if (previousIndex <= this.matchIndex) return',
        replacement: 'if (previousIndex <= this.matchIndex || !this.probing) return',
      },
    ],
    source: 'etcd#9884: are lost messages sent again?',
    simulation: { attack: { ...log, faults: ['loss'] }, property: 'progress' },
  },
  {
    id: 'window-not-freed-by-acknowledgements',
    bug: 'appends that were acknowledged still count as being on their way',
    package: 'replication',
    edits: [
      {
        file: 'progress.ts',
        original: '    this.#free((lastIndex) => lastIndex <= this.matchIndex)\n',
        replacement: '',
      },
      { file: 'progress.ts', original: '  #free(done', replacement: '  protected free(done' },
    ],
    source: 'CockroachDB#90314 and the windows that came of it',
    simulation: { attack: { ...log, faults: [] }, property: 'progress' },
  },
]
