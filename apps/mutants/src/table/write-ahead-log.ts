import type { Mutant } from '../mutant.js'
import { suite } from './suite.js'

const log = { run: 'log', nodes: 3 } as const
const failingSyncs = { ...log, faults: ['failed-sync', 'crash-recovery', 'partition'], chaosMs: 1500 } as const
const rotting = { ...log, faults: ['crash-recovery', 'torn-write', 'bit-rot'] } as const
const fsyncgate =
  'PostgreSQL\'s "fsyncgate", 2018; A. Rebello et al., "Can applications recover from fsync failures?", 2020'
const recovery = 'R. Alagappan et al., "Protocol-aware recovery for consensus-based storage", 2018'

/** The disk's side: `write-ahead-log`. */
export const writeAheadLogMutants: readonly Mutant[] = [
  {
    id: 'told-before-the-disk-is-done',
    bug: 'stores are told that a write is durable when the disk has only been given it',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'this.#disk.commit(changes, (error) => this.#done(error))',
        replacement:
          'this.#disk.commit(changes, (error) => this.#done(error))\n    this.#delivering = true\n    for (const store of this.#inFlight.stores) if (!store.dropped) store.written?.((store.durable = store.sealed))\n    this.#delivering = false',
      },
    ],
    source: 'hiqlite PR#361',
    simulation: { attack: log, property: 'state-machine-safety' },
    conformance: suite('write-ahead-log, stores durability: what was told to be durable is found after every crash'),
  },
  {
    id: 'fsync-error-ignored',
    bug: 'an error of a sync is passed over',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'this.#disk.commit(changes, (error) => this.#done(error))',
        replacement: 'this.#disk.commit(changes, () => this.#done(undefined))',
      },
    ],
    source: fsyncgate,
    simulation: { attack: failingSyncs, property: 'state-machine-safety' },
    conformance: suite('write-ahead-log, stores a failed write is told with its error, and is not durable'),
  },
  {
    id: 'fsync-error-retried',
    bug: 'a sync that failed is tried again, and its success believed',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'this.#disk.commit(changes, (error) => this.#done(error))',
        replacement:
          'this.#disk.commit(changes, (error) => (error === undefined ? this.#done(error) : this.#disk.commit(changes, (again) => this.#done(again))))',
      },
    ],
    source: fsyncgate,
    simulation: { attack: log, property: 'no-throw', says: 'a commit after one that failed' },
  },
  {
    id: 'checksum-ignored-at-opening',
    bug: "a record's checksum is not verified when the log is opened",
    package: 'write-ahead-log',
    edits: [
      {
        file: 'replay.ts',
        original: 'if (this.sound) this.sound = crc32c(this.#view, offset, offset + length) === checksum',
        replacement: '',
      },
    ],
    source: recovery,
    simulation: { attack: rotting, property: 'no-throw', says: 'is not in memory and the disk has failed' },
  },
  {
    id: 'checksum-ignored-at-reading',
    bug: "a record's checksum is not verified when it is read back",
    package: 'write-ahead-log',
    edits: [
      {
        file: 'log.ts',
        original: 'if (crc32c(view, at, at + length) !== span.checksum(index)) {',
        replacement: 'if (at < 0) {',
      },
    ],
    source: recovery,
    simulation: { attack: { ...log, rots: 20 }, property: 'log-matching' },
  },
  {
    id: 'checksum-ignored',
    bug: "a record's checksum is verified nowhere",
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
    source: `${recovery}; jraft#105`,
    simulation: { attack: rotting, property: 'log-matching' },
  },
  {
    id: 'torn-tail-kept',
    bug: 'what a crash left of a batch stays behind the sound ones',
    package: 'write-ahead-log',
    edits: [
      {
        file: 'recovery.ts',
        original: "changes.push({ type: 'resize', file: newest.file, bytes: newest.bytes })",
        replacement: '',
      },
    ],
    source: 'T. Pillai et al., "All file systems are not created equal", 2014',
    simulation: { attack: log, property: 'no-throw' },
    conformance: suite('write-ahead-log, stores does what it is asked without throwing'),
  },
  {
    id: 'damage-taken-for-torn-tail',
    bug: 'damage before a later batch is taken for a torn tail, and what was durable is cut off',
    package: 'write-ahead-log',
    edits: [{ file: 'recovery.ts', original: 'if (later !== undefined) throw', replacement: 'if (later === 0) throw' }],
    source: recovery,
    simulation: { attack: rotting, property: 'state-machine-safety' },
  },
]
