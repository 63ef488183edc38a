import type { Mutant } from '../mutant.js'
import { own, raftPaper } from './sources.js'
import { suite } from './suite.js'

const log = { run: 'log', nodes: 3 } as const

/** The log's followers: `replication/src/follower.ts` and `raft-log.ts`. */
export const followerMutants: readonly Mutant[] = [
  {
    id: 'acknowledgement-before-fsync',
    bug: 'a follower acknowledges before its disk has it',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'this.#env.send(leader, answer)',
        replacement: 'this.#env.send(leader, answer, AT_ONCE)',
      },
    ],
    source: `${raftPaper}, figure 2; hiqlite PR#361`,
    simulation: { attack: { run: 'last-copy' }, property: 'state-machine-safety' },
  },
  {
    id: 'truncates-matching-entries',
    bug: 'an append that was overtaken cuts off what a later one brought',
    package: 'replication',
    edits: [
      {
        file: 'follower.ts',
        original: 'if (!sameTerm(log.termAt(index), terms[place] as Term)) {',
        replacement: 'if (log.has(index)) {',
      },
    ],
    source: `${raftPaper}, figure 2: only if an existing entry conflicts`,
    simulation: { attack: log, property: 'state-machine-safety' },
  },
  {
    id: 'previous-entry-not-compared',
    bug: 'a follower does not compare what an append builds upon',
    package: 'replication',
    edits: [
      {
        file: 'follower.ts',
        original: 'if (previousIndex > committed && !sameTerm(log.termAt(previousIndex), previousTerm)) {',
        replacement: 'if (previousIndex < 0) {',
      },
    ],
    source: `${raftPaper}, section 5.3`,
    simulation: { attack: { ...log, nodes: 5 }, property: 'log-matching' },
  },
  {
    id: 'commit-beyond-matched-prefix',
    bug: 'a follower takes for committed what it has, not only what is known to equal what the leader has',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: "if (answer.type === 'appended') this.#commit(Math.min(message.commitIndex, answer.matchIndex))",
        replacement: 'this.#commit(Math.min(message.commitIndex, this.#log.lastIndex))',
      },
    ],
    source: `${raftPaper}, figure 2: the index of the last new entry`,
    simulation: { attack: log, property: 'state-machine-safety' },
  },
  {
    id: 'deposed-leader-is-followed',
    bug: 'a node takes appends of a leader whose term is over',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'if (leader === this.#env.self.id || !this.#election.follow(leader, message.term)) return',
        replacement: 'if (leader === this.#env.self.id) return\n    this.#election.follow(leader, message.term)',
      },
    ],
    source: `${raftPaper}, figure 2: reply false if term < currentTerm; hashicorp/raft#695`,
    simulation: { attack: log, property: 'state-machine-safety' },
    conformance: suite('raft-log, a replicated log on the election raft log matching'),
  },
  {
    id: 'failed-write-taken-for-durable',
    bug: 'what a failed write was to make durable is taken for durable',
    package: 'replication',
    edits: [{ file: 'raft-log.ts', original: 'if (error !== undefined) return\n', replacement: '' }],
    source: own,
    simulation: { attack: log, property: 'state-machine-safety' },
  },
  {
    id: 'applied-before-durable',
    bug: 'a node applies what is committed elsewhere before its own disk has it',
    package: 'replication',
    edits: [
      {
        file: 'raft-log.ts',
        original: 'const through = Math.min(this.#committed, this.#log.durableIndex)',
        replacement: 'const through = Math.min(this.#committed, this.#log.lastIndex)',
      },
    ],
    source: own,
    simulation: { attack: log, property: 'state-machine-safety' },
  },
]
