import { QuorateError, isMalformed, type SnapshotReceiver, type StateMachine } from '@quorate/core'
import { checkRange, maxRequestBytes } from './checks.js'
import { decodeCommand } from './command-codec.js'
import { etcdErrors, malformedCommand, type Refusal } from './errors.js'
import { execute, readTxn } from './execute.js'
import { hashHistory } from './history-hash.js'
import type { OrderedStore } from './ordered-store.js'
import { readRange } from './reads.js'
import type { Command, RangeRequest, TxnRequest } from './requests.js'
import type { RangeResult, Result, TxnResult } from './results.js'
import { SnapshotWriter, snapshotChunks } from './snapshot.js'
import { VersionedState, clearSpace, otherSpace } from './versioned-state.js'

/** etcd's hash of the history up to `revision`. Replicas with equal `compactRevision` have equal ones, a real etcd's too. */
export interface HashResult {
  readonly type: 'hash'
  readonly hash: number
  /** The revision hashed up to. */
  readonly revision: number
  readonly compactRevision: number
  /** The current revision. */
  readonly currentRevision: number
}

/**
 * A key-value state with etcd's data model: every change has a revision, a transaction is one, and the history is read at any revision
 * that was not compacted. The empty state has revision 1.
 *
 * Commands come encoded (`encodeCommand`). Reads are answered from the state as it is: for a linearizable one, wait for a read barrier of
 * the log first.
 */
export class KeyValueStateMachine implements StateMachine<Result> {
  readonly #store: OrderedStore
  #state: VersionedState
  #restore: SnapshotWriter | undefined
  #failure: unknown

  /**
   * Opens the state that `store` holds; its index is rebuilt by reading every record. The store is this machine's alone.
   *
   * Throws `QUORATE_CORRUPT_STORE` when the store holds no state that could have been written, `QUORATE_UNSUPPORTED_VERSION` when another
   * release wrote it.
   */
  constructor(store: OrderedStore) {
    this.#store = store
    this.#state = VersionedState.open(store)
  }

  get appliedIndex(): number {
    return this.#state.appliedIndex
  }

  /** The current revision: 1 at the beginning, one more for each command that changed something. */
  get revision(): number {
    return this.#state.revision
  }

  /** The oldest revision that can be read; -1 before the first compaction, when all can. */
  get compactRevision(): number {
    return this.#state.compactRevision
  }

  /** The bytes of all records, with their history: what the quota bounds. */
  get bytes(): number {
    return this.#state.bytes
  }

  get quotaBytes(): number {
    return this.#state.quotaBytes
  }

  /** The alarm that etcd calls NOSPACE: puts are refused until it is disarmed. */
  get noSpace(): boolean {
    return this.#state.noSpace
  }

  /** How many keys are indexed, with those deleted but not yet compacted. */
  get keys(): number {
    return this.#state.index.size
  }

  /**
   * Applies commands and commits them together; their bytes are not needed afterwards. Refusals are results. Indices may leave gaps, for
   * entries that are no commands, but never go back.
   *
   * Throws `QUORATE_INVALID_OPTION` for an index that was applied, `QUORATE_UNSUPPORTED_VERSION`, before anything is applied, for a command
   * of another version, and `QUORATE_STATE_MACHINE_FAILED` once its store has failed: open it again from the store then.
   */
  apply(firstIndex: number, commands: readonly Uint8Array[]): readonly Result[] {
    if (this.#failure !== undefined) throw this.#failed()
    if (!Number.isSafeInteger(firstIndex) || firstIndex <= this.appliedIndex) {
      throw new QuorateError(
        'QUORATE_INVALID_OPTION',
        `firstIndex is ${firstIndex}; it must be an integer greater than ${this.appliedIndex}, the last index applied`,
        { firstIndex, appliedIndex: this.appliedIndex },
      )
    }
    if (commands.length === 0) return []
    const decoded = commands.map(decode)
    try {
      const results = decoded.map((command) => (command.type === 'refused' ? command : execute(this.#state, command)))
      this.#state.commit(firstIndex + commands.length - 1)
      return results
    } catch (error) {
      this.#failure = error
      throw this.#failed()
    }
  }

  /** Reads at any revision that was not compacted, by etcd's rules. */
  range(request: RangeRequest): RangeResult | Refusal {
    return checkRange(request) ?? readRange(this.#state, request, this.#state.revision)
  }

  /**
   * Carries out a transaction without applying it: both its lists must hold nothing but ranges. Otherwise it throws
   * `QUORATE_INVALID_OPTION`: such a one is a command.
   */
  readTxn(request: TxnRequest): TxnResult | Refusal {
    for (const { type } of [...request.success, ...request.failure]) {
      if (type === 'range') continue
      throw new QuorateError(
        'QUORATE_INVALID_OPTION',
        `a transaction with a ${type} is no read: apply it as a command`,
        { type },
      )
    }
    return readTxn(this.#state, request)
  }

  /**
   * Hashes, as etcd does, all that is kept of the revisions up to `revision`; 0, the default, is the current one. It reads the whole store:
   * see `hashing`.
   */
  hash(revision = 0): HashResult | Refusal {
    const hashing = this.hashing(revision)
    for (;;) {
      const { done, value } = hashing.next()
      if (done === true) return value
    }
  }

  /** As `hash`, in steps, between which commands may be applied: what is hashed is the state at the first step. */
  *hashing(revision = 0): Generator<void, HashResult | Refusal> {
    const { revision: currentRevision, compactRevision, space } = this.#state
    const upTo = revision === 0 ? currentRevision : revision
    if (upTo > currentRevision) return etcdErrors.futureRevision
    // As in etcd, the compacted revision itself can be read but not hashed.
    if (revision > 0 && revision <= compactRevision) return etcdErrors.compacted
    const view = this.#store.view()
    try {
      const hash = yield* hashHistory({ reads: view, space, compactRevision, upTo })
      return { type: 'hash', hash, revision: upTo, compactRevision, currentRevision }
    } finally {
      view.close()
    }
  }

  /** The state as it is now, whatever is applied while its chunks are taken. Take them all, or end the iteration: it holds a view. */
  snapshot(): Iterable<Uint8Array> {
    const view = this.#store.view()
    const chunks = snapshotChunks(view, this.#state.head())
    const iterator: Iterator<Uint8Array> = {
      next: () => chunks.next(),
      // Also when none was taken: a generator that was not begun has no end to run.
      return: () => {
        view.close()
        return chunks.return(undefined)
      },
    }
    return { [Symbol.iterator]: () => iterator }
  }

  /**
   * Receives a snapshot beside the state, which stays until `finish`. A later call abandons an earlier one. `chunk` and `finish` throw
   * `QUORATE_INVALID_SNAPSHOT` for what is none, or not of `appliedIndex`; the state is then still the old one.
   */
  restore(appliedIndex: number): SnapshotReceiver {
    const writer = new SnapshotWriter(this.#store, otherSpace(this.#state.space))
    this.#restore = writer
    const requireCurrent = (): void => {
      if (this.#restore === writer) return
      throw new QuorateError(
        'QUORATE_RESTORE_ENDED',
        `the restore of index ${appliedIndex} was finished, abandoned, or followed by another; begin a new one`,
        { appliedIndex },
      )
    }
    return {
      chunk: (bytes) => {
        requireCurrent()
        writer.chunk(bytes)
      },
      finish: () => {
        requireCurrent()
        const old = this.#state.space
        this.#state = writer.finish(appliedIndex)
        this.#restore = undefined
        this.#failure = undefined
        clearSpace(this.#store, old)
      },
      abandon: () => {
        if (this.#restore !== writer) return
        this.#restore = undefined
        writer.abandon()
      },
    }
  }

  #failed(): QuorateError {
    return new QuorateError(
      'QUORATE_STATE_MACHINE_FAILED',
      `the key-value state stopped at index ${this.appliedIndex}: ${String(this.#failure)}; open it again from its store`,
      { appliedIndex: this.appliedIndex },
      { cause: this.#failure },
    )
  }
}

function decode(bytes: Uint8Array): Command | Refusal {
  if (bytes.length > maxRequestBytes) return etcdErrors.requestTooLarge
  const command = decodeCommand(bytes)
  return isMalformed(command) ? malformedCommand(command.reason) : command
}
