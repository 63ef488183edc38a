import type { ElectionDefinition, ReplicatedLogDefinition } from '@quorate/core'
import type { ReplicatedLogRunOptions } from '@quorate/simulation'
import { importMutant, type Edit } from './mutant.js'
import type { Parts } from './support.js'

export interface Mutant {
  readonly mistake: string
  readonly package: string
  readonly edits: readonly Edit[]
  readonly nodes: number
  /** How it is run, where that is not as everything is. */
  readonly options?: Partial<ReplicatedLogRunOptions>
}

/** One entry at a time, which is no mistake, so that a leader can bring old entries to others without the one that begins its term. */
const entryByEntry: readonly Edit[] = [
  { file: 'limits.ts', original: 'maxAppendBytes: 512 * 1024', replacement: 'maxAppendBytes: 1' },
  { file: 'limits.ts', original: 'maxInflightAppends: 8', replacement: 'maxInflightAppends: 1' },
]

export const mutants: readonly Mutant[] = [
  // Raft's election.
  {
    mistake: 'a vote is not durable at all',
    package: 'election',
    edits: [
      {
        file: 'raft/ballot.ts',
        original: "    this.#store.put(key, codec.encode({ type: 'ballot', term, votedFor }))\n",
        replacement: '',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a voter does not compare how far logs have come',
    package: 'election',
    edits: [
      {
        file: 'raft.ts',
        original: 'return comparePositions({ term: { number, id }, index }, this.#logPosition()) >= 0',
        replacement: 'return comparePositions({ term: { number, id }, index }, this.#logPosition()) >= -1',
      },
    ],
    nodes: 3,
  },
  // The log's followers.
  {
    mistake: 'a follower acknowledges before its disk has it',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'this.#env.send(leader, answer)',
        replacement: 'this.#env.send(leader, answer, AT_ONCE)',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'an append that was overtaken cuts off what a later one brought',
    package: 'replication',
    edits: [
      {
        file: 'follower.ts',
        original: 'if (!sameTerm(log.termAt(index), terms[place] as Term)) {',
        replacement: 'if (log.has(index)) {',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a follower does not compare what an append builds upon',
    package: 'replication',
    edits: [
      {
        file: 'follower.ts',
        original: 'if (previousIndex > committed && !sameTerm(log.termAt(previousIndex), previousTerm)) {',
        replacement: 'if (previousIndex < 0) {',
      },
    ],
    nodes: 5,
  },
  {
    mistake: 'what a failed write was to make durable is taken for durable',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'if (error !== undefined) return\n',
        replacement: '',
      },
    ],
    nodes: 3,
  },
  // The log's leader.
  {
    mistake: 'entries of an earlier term are committed by counting',
    package: 'replication',
    edits: [
      {
        file: 'leadership.ts',
        original: 'if (index <= this.#context.commitIndex() || !sameTerm(log.termAt(index), this.term)) return',
        replacement: 'if (index <= this.#context.commitIndex()) return',
      },
      ...entryByEntry,
    ],
    nodes: 3,
    options: { faults: ['partition'], chaosMs: 3000 },
  },
  {
    mistake: 'a read is answered by a leader that was not confirmed',
    package: 'replication',
    edits: [
      {
        file: 'read-barriers.ts',
        original: 'if (this.#asked.length === 0 || !this.#quorum.isQuorum(this.#confirmed)) return undefined',
        replacement: 'if (this.#asked.length === 0) return undefined',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a read is confirmed by the answers to an earlier one',
    package: 'replication',
    edits: [
      {
        file: 'read-barriers.ts',
        original: 'this.#confirmed = new Set([this.#self])',
        replacement: 'if (this.#confirmed.size === 0) this.#confirmed = new Set([this.#self])',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a read is answered before the leader has committed in its own term',
    package: 'replication',
    edits: [
      {
        file: 'leadership.ts',
        original: 'if (commitIndex < this.#beginning) return',
        replacement: '',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a doubled proposal is appended twice',
    package: 'replication',
    edits: [
      {
        file: 'leadership.ts',
        original: 'return forwards.incarnation === from.incarnation && forwards.seen.add(sequence)',
        replacement: 'return forwards.incarnation === from.incarnation',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a doubled proposal is refused by a leader that has appended it and hands over',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'const news = proposals.filter(({ sequence }) => leads?.firstForwarded(from, sequence) === true)',
        replacement:
          'const first = proposals.filter(({ sequence }) => leads?.firstForwarded(from, sequence) === true)\n' +
          '    const news = leadership === undefined || this.#transferee === undefined ? first : proposals',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a leader that has acknowledged a newer candidate goes on appending',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'if (sameTerm(this.#election.promised, this.#leadership.term)) return this.#leadership',
        replacement: 'return this.#leadership',
      },
    ],
    nodes: 3,
  },
  // The write-ahead log.
  {
    mistake: 'stores are told before the disk is done',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'this.#disk.commit(changes, (error) => this.#done(error))',
        replacement:
          'for (const store of this.#inFlight.stores) store.durable = store.sealed\n    this.#disk.commit(changes, (error) => this.#done(error))',
      },
    ],
    nodes: 3,
  },
  {
    mistake: "a record's checksum is not verified when the log is opened",
    package: 'write-ahead-log',
    edits: [
      {
        file: 'replay.ts',
        original: 'if (this.sound) this.sound = crc32c(this.#view, offset, offset + length) === checksum',
        replacement: '',
      },
    ],
    nodes: 3,
  },
  {
    mistake: "a record's checksum is not verified when it is read back",
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'if (crc32c(view, at, at + length) !== span.checksum(index)) {',
        replacement: 'if (at < 0) {',
      },
    ],
    nodes: 3,
  },
  {
    mistake: "a record's checksum is verified nowhere",
    package: 'write-ahead-log',
    edits: [
      {
        file: 'replay.ts',
        original: 'if (this.sound) this.sound = crc32c(this.#view, offset, offset + length) === checksum',
        replacement: '',
      },
      {
        file: 'log.ts',
        original: 'if (crc32c(view, at, at + length) !== span.checksum(index)) {',
        replacement: 'if (at < 0) {',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'an error from the disk is passed over',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'this.#disk.commit(changes, (error) => this.#done(error))',
        replacement: 'this.#disk.commit(changes, () => this.#done(undefined))',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'a torn tail is kept',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'recovery.ts',
        original: "changes.push({ type: 'resize', file: newest.file, bytes: newest.bytes })",
        replacement: '',
      },
    ],
    nodes: 3,
  },
  {
    mistake: 'damage before a later batch is taken for a torn tail',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'recovery.ts',
        original: 'if (later !== undefined) throw',
        replacement: 'if (later === 0) throw',
      },
    ],
    nodes: 3,
  },
]

export async function partsOf({ package: ofPackage, edits }: Mutant): Promise<Parts> {
  switch (ofPackage) {
    case 'election': {
      const { raft } = await importMutant<{ raft: ElectionDefinition<unknown> }>(ofPackage, edits, 'raft.ts')
      return { election: raft }
    }
    case 'replication': {
      const { raftLog } = await importMutant<{ raftLog: ReplicatedLogDefinition<unknown> }>(
        ofPackage,
        edits,
        'index.ts',
      )
      return { log: raftLog }
    }
    default:
      return importMutant<Parts>(ofPackage, edits, 'index.ts')
  }
}
