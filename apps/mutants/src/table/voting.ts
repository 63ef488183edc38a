import type { Attack } from '../attacks/attack.js'
import type { Mutant } from '../mutant.js'
import { own, raftPaper } from './sources.js'
import { suite } from './suite.js'

const threshold: Attack = { run: 'vote', algorithm: 'threshold', nodes: 5, chaosMs: 300 }
const paxos = 'L. Lamport, "The part-time parliament", 1998'

/** Quorums and agreement on one value: `voting`. */
export const votingMutants: readonly Mutant[] = [
  {
    id: 'majority-of-half',
    bug: 'half of an even number of members counts as more than half',
    package: 'voting',
    edits: [
      {
        file: 'quorum/majority.ts',
        original: 'return n === 0 ? 0 : Math.floor(n / 2) + 1',
        replacement: 'return n === 0 ? 0 : Math.ceil(n / 2)',
      },
    ],
    source: own,
    simulation: { attack: { run: 'log', nodes: 4 }, property: 'election-safety' },
  },
  {
    id: 'commit-by-wrong-rank',
    bug: 'the index of one member less than a majority counts as acknowledged by a majority',
    package: 'voting',
    edits: [
      {
        file: 'quorum/majority.ts',
        original: 'return greatest[this.size - 1] as number',
        replacement: 'return greatest[Math.max(0, this.size - 2)] as number',
      },
    ],
    source: 'openraft#1802: commits without a quorum from an optimised sort',
    simulation: { attack: { run: 'log', nodes: 3 }, property: 'leader-completeness' },
  },
  {
    id: 'joint-commit-over-the-new-members',
    bug: 'while members change, what is committed is counted over the new ones only',
    package: 'voting',
    edits: [
      {
        file: 'quorum/joint.ts',
        original:
          'return Math.min(this.outgoing.committedIndex(acknowledged), this.incoming.committedIndex(acknowledged))',
        replacement: 'return this.incoming.committedIndex(acknowledged)',
      },
    ],
    source: `${raftPaper}, section 6; etcd#12359`,
    unit: { file: 'quorums.test.ts', test: 'joint is the same whichever of the two comes first' },
  },
  {
    id: 'joint-quorum-of-either',
    bug: 'while members change, a quorum of either the old or the new ones suffices',
    package: 'voting',
    edits: [
      {
        file: 'quorum/joint.ts',
        original: 'return this.outgoing.isQuorum(ids) && this.incoming.isQuorum(ids)',
        replacement: 'return this.outgoing.isQuorum(ids) || this.incoming.isQuorum(ids)',
      },
    ],
    source: `${raftPaper}, section 6`,
    unit: {
      file: 'quorums.test.ts',
      test: 'joint lets every quorum of a change meet every quorum before, during and after it',
    },
  },
  {
    id: 'flood-min-rounds-off-by-one',
    bug: 'flood-min: f rounds for f faults',
    package: 'voting',
    edits: [{ file: 'flood-min.ts', original: 'resilience) + 1)', replacement: 'resilience))' }],
    source: 'M. Fischer and N. Lynch, "A lower bound for the time to assure interactive consistency", 1982',
    simulation: {
      attack: { run: 'vote', algorithm: 'flood-min', nodes: 4, maxFaulty: 1, cascade: 1 },
      property: 'uniform-agreement',
    },
    conformance: suite('flood-min, an agreement on one value uniform agreement'),
  },
  {
    id: 'threshold-ballot-off-by-one',
    bug: 'threshold: an attempt takes the greatest ballot that is known, not the next',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: 'Math.max(this.#ledger.promised.number, this.#refusedBy) + 1',
        replacement: 'Math.max(1, this.#ledger.promised.number, this.#refusedBy)',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'promises-kept' },
  },
  {
    id: 'threshold-without-ballots',
    bug: 'threshold: accepts in any ballot',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: `    if (compareTerms(ballot, promised) < 0) {
      this.#env.send(from, { type: 'refuse', ballot, promised })
      return
    }
    if (accepted === undefined ||`,
        replacement: '    if (accepted === undefined ||',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'chosen-value-stable' },
  },
  {
    id: 'threshold-promise-taken-back',
    bug: 'threshold: promises a lower ballot after a higher one',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: `    if (compareTerms(ballot, promised) < 0) {
      this.#env.send(from, { type: 'refuse', ballot, promised })
      return
    }
    if (compareTerms(ballot, promised) > 0)`,
        replacement: '    if (compareTerms(ballot, promised) !== 0)',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'promises-kept' },
    conformance: suite('threshold, an agreement on one value invariant promises-kept'),
  },
  {
    id: 'threshold-ignores-accepted-values',
    bug: 'threshold: takes the smallest value though another was accepted',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: 'return highest === undefined ? smallest : highest.value',
        replacement: 'return smallest',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'chosen-value-stable' },
    conformance: suite('threshold, an agreement on one value invariant chosen-value-stable'),
  },
  {
    id: 'threshold-acknowledgement-before-durable',
    bug: 'threshold: acknowledges before its acceptance is on disk',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: "this.#env.send(from, { type: 'accepted', ballot })",
        replacement: "this.#env.send(from, { type: 'accepted', ballot }, AT_ONCE)",
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'acknowledgements-kept' },
  },
  {
    id: 'threshold-promise-before-durable',
    bug: 'threshold: promises before its promise is on disk',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: "{ type: 'promise', ballot, accepted, proposed: value })",
        replacement: "{ type: 'promise', ballot, accepted, proposed: value }, AT_ONCE)",
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'promises-kept' },
  },
  {
    id: 'threshold-ballot-before-durable',
    bug: 'threshold: makes a ballot known before it is on disk',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: "{ type: 'prepare', ballot: own })",
        replacement: "{ type: 'prepare', ballot: own }, AT_ONCE)",
      },
    ],
    source: own,
    simulation: { attack: threshold, property: 'ballots-kept', seeds: 4000 },
  },
  {
    id: 'threshold-chooses-without-majority',
    bug: 'threshold: chooses a value after less than a majority of promises',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: 'if (!this.#quorums.isQuorum(attempt.promises)) return',
        replacement: '',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'chosen-value-stable' },
  },
  {
    id: 'threshold-decides-without-majority',
    bug: 'threshold: decides after less than a majority of acknowledgements',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: 'if (!this.#quorums.isQuorum(attempt.acknowledged)) return',
        replacement: '',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'uniform-agreement' },
  },
  {
    id: 'threshold-changes-its-value',
    bug: 'threshold: changes the value of a ballot when another promise comes',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: 'attempt.value !== undefined || compareTerms',
        replacement: 'compareTerms',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'one-value-per-ballot' },
    conformance: suite('threshold, an agreement on one value invariant one-value-per-ballot'),
  },
  {
    id: 'threshold-counts-an-earlier-ballot',
    bug: 'threshold: counts acknowledgements of an earlier ballot',
    package: 'voting',
    edits: [
      {
        file: 'threshold.ts',
        original: 'attempt?.value === undefined || compareTerms(ballot, attempt.ballot) !== 0',
        replacement: 'attempt?.value === undefined',
      },
    ],
    source: paxos,
    simulation: { attack: threshold, property: 'acknowledgements-kept' },
  },
]
