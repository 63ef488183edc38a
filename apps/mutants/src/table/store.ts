import type { Mutant } from '../mutant.js'
import { own } from './sources.js'

const store = { run: 'store', nodes: 3 } as const
const calm = { ...store, faults: [] } as const
const etcd = 'etcd, "KV API guarantees"'

/** The key-value store, and how a node puts it behind the log: `kv` and `node`. */
export const storeMutants: readonly Mutant[] = [
  {
    id: 'transaction-split-over-revisions',
    bug: 'each put of a transaction has a revision of its own',
    package: 'kv',
    edits: [
      {
        file: 'execute.ts',
        original: "if (step.type === 'put') responses.push(put(state, step))",
        replacement: "if (step.type === 'put') responses.push(put(state, step)), state.endRevision()",
      },
    ],
    source: `${etcd}: a transaction is one revision`,
    simulation: { attack: calm, property: 'linearizability' },
  },
  {
    id: 'compare-on-missing-key-true',
    bug: 'any comparison with a key that is not there holds',
    package: 'kv',
    edits: [
      {
        file: 'reads.ts',
        original: "return compare.target !== 'value' && satisfies(compare, differenceTo(compare, image, undefined))",
        replacement: 'return true',
      },
    ],
    source: `${etcd}: applyCompare in etcdserver/apply.go`,
    simulation: { attack: calm, property: 'linearizability' },
  },
  {
    id: 'compaction-drops-a-live-revision',
    bug: 'compaction forgets the revision that a read at the compacted one still sees',
    package: 'kv',
    edits: [
      {
        file: 'key-index.ts',
        original: 'for (; dropped < seen && (older[dropped] as number) < revision; dropped += 2) {',
        replacement: 'for (; dropped <= seen && (older[dropped] as number) < revision; dropped += 2) {',
      },
    ],
    source: `${etcd}: what is read at the compacted revision stays`,
    simulation: { attack: calm, property: 'readable-history' },
  },
  {
    id: 'every-put-creates',
    bug: 'a put of a key that is there counts as its creation',
    package: 'kv',
    edits: [
      {
        file: 'versioned-state.ts',
        original: 'const create = history?.live === true ? history.create : main',
        replacement: 'const create = main',
      },
    ],
    source: etcd,
    simulation: { attack: calm, property: 'linearizability' },
  },
  {
    id: 'delete-of-nothing-is-a-change',
    bug: 'a deletion that finds no key takes a revision',
    package: 'kv',
    edits: [
      {
        file: 'versioned-state.ts',
        original: '    return keys.length\n',
        replacement: '    if (keys.length === 0) this.#revision++\n    return keys.length\n',
      },
    ],
    source: etcd,
    simulation: { attack: calm, property: 'linearizability' },
  },
  {
    id: 'range-with-its-end',
    bug: 'the end of a range counts as part of it',
    package: 'kv',
    edits: [
      {
        file: 'reads.ts',
        original: 'to: toEnd ? undefined : toBinary(rangeEnd), alone: false }',
        replacement: "to: toEnd ? undefined : toBinary(rangeEnd) + '\\0', alone: false }",
      },
    ],
    source: etcd,
    simulation: { attack: calm, property: 'linearizability' },
  },
  {
    id: 'read-before-it-is-applied',
    bug: 'a read does not wait until what its barrier names is applied',
    package: 'node',
    edits: [
      {
        file: 'composition/replicated-state.ts',
        original: '} else if (index <= this.#appliedIndex) {',
        replacement: '} else if (index >= 0) {',
      },
    ],
    source: 'D. Ongaro, "Consensus: bridging theory and practice", 2014, section 6.4, step 4',
    simulation: { attack: store, property: 'linearizability' },
  },
  {
    id: 'unknown-outcome-tried-again',
    bug: 'a proposal whose fate is unknown is proposed again',
    package: 'node',
    edits: [
      {
        file: 'composition/replicated-state.ts',
        original: '      this.#wait(proposal)\n    } else {\n      proposal.ended(outcome)',
        replacement:
          "      this.#wait(proposal)\n    } else if (outcome.outcome === 'unknown') {\n      this.#wait(proposal)\n    } else {\n      proposal.ended(outcome)",
      },
    ],
    source: 'etcd#8975, raft-rs#280: no contract of outcomes',
    simulation: { attack: { ...store, faults: ['one-way-partition'], chaosMs: 3000 }, property: 'linearizability' },
  },
  {
    id: 'result-of-another-proposal',
    bug: 'a proposer is told the result of the entry before its own',
    package: 'node',
    edits: [
      {
        file: 'composition/replicated-state.ts',
        original: 'const result = this.#results[outcome.index - this.#firstResult] as Result',
        replacement: 'const result = this.#results[Math.max(0, outcome.index - this.#firstResult - 1)] as Result',
      },
    ],
    source: own,
    simulation: { attack: calm, property: 'linearizability' },
  },
]
