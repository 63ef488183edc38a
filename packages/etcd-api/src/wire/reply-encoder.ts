import type { DeleteRangeResult, KeyValue, OperationResult, PutResult, RangeResult, TxnResult } from '@quorate/kv'
import { Encoder } from './encoder.js'

/** Who answers. */
export interface Answerer {
  readonly clusterId: bigint
  readonly memberId: bigint
  term(): number
}

/**
 * Answers of etcd's key-value service, from results of `@quorate/kv`. The header names cluster, member and term, and the revision; results
 * within a transaction have one of their own with nothing but the revision, as etcd has it.
 */
export class ReplyEncoder extends Encoder {
  readonly #answerer: Answerer
  readonly #who: Uint8Array
  #term = 0

  constructor(answerer: Answerer) {
    super()
    this.#answerer = answerer
    this.#who = identityOf(answerer)
  }

  put(result: PutResult): Buffer {
    return this.#frame(this.#put, result) as Buffer
  }

  range(result: RangeResult): Buffer | undefined {
    return this.#frame(this.#range, result)
  }

  deleteRange(result: DeleteRangeResult): Buffer | undefined {
    return this.#frame(this.#deleteRange, result)
  }

  txn(result: TxnResult): Buffer | undefined {
    return this.#frame(this.#txn, result)
  }

  /** An answer that says only at which revision it was given: that of a compaction. */
  header(revision: number): Buffer {
    return this.#frame(this.#onlyHeader, revision) as Buffer
  }

  #frame<What>(describe: (what: What) => void, what: What): Buffer | undefined {
    this.#term = this.#answerer.term()
    return this.encode(describe, what, maxReplyBytes)
  }

  readonly #onlyHeader = (revision: number): void => {
    const header = this.begin(tag1)
    this.raw(this.#who)
    this.unsigned(0x18, revision)
    this.unsigned(0x20, this.#term)
    this.end(header)
  }

  readonly #put = (result: PutResult): void => {
    this.#onlyHeader(result.revision)
    this.#putRest(result)
  }

  readonly #range = (result: RangeResult): void => {
    this.#onlyHeader(result.revision)
    this.#rangeRest(result)
  }

  readonly #deleteRange = (result: DeleteRangeResult): void => {
    this.#onlyHeader(result.revision)
    this.#deleteRangeRest(result)
  }

  readonly #txn = (result: TxnResult): void => {
    this.#onlyHeader(result.revision)
    this.#txnRest(result)
  }

  #putRest({ prevKv }: PutResult): void {
    if (prevKv !== undefined) this.#keyValue(tag2, prevKv)
  }

  #rangeRest({ kvs, more, count }: RangeResult): void {
    for (const kv of kvs) this.#keyValue(tag2, kv)
    this.boolean(0x18, more)
    this.unsigned(0x20, count)
  }

  #deleteRangeRest({ deleted, prevKvs }: DeleteRangeResult): void {
    this.unsigned(0x10, deleted)
    for (const kv of prevKvs) this.#keyValue(tag3, kv)
  }

  #txnRest({ succeeded, responses }: TxnResult): void {
    this.boolean(0x10, succeeded)
    for (const response of responses) this.#operation(response)
  }

  #operation(result: OperationResult): void {
    const operation = this.begin(tag3)
    const response = this.begin(operationTags[result.type])
    const header = this.begin(tag1)
    this.unsigned(0x18, result.revision)
    this.end(header)
    if (result.type === 'put') this.#putRest(result)
    else if (result.type === 'range') this.#rangeRest(result)
    else if (result.type === 'deleteRange') this.#deleteRangeRest(result)
    else this.#txnRest(result)
    this.end(response)
    this.end(operation)
  }

  #keyValue(tag: number, kv: KeyValue): void {
    const message = this.begin(tag)
    this.bytes(tag1, kv.key)
    this.unsigned(0x10, kv.createRevision)
    this.unsigned(0x18, kv.modRevision)
    this.unsigned(0x20, kv.version)
    this.bytes(0x2a, kv.value)
    this.signed(0x30, kv.lease)
    this.end(message)
  }
}

/** What grpc-go sends at most. */
const maxReplyBytes = 2 ** 31 - 1

/** Fields 1 to 4 that have a length; the tags of numbers stand where they are written. */
const [tag1, tag2, tag3, tag4] = [0x0a, 0x12, 0x1a, 0x22]
const operationTags = { range: tag1, put: tag2, deleteRange: tag3, txn: tag4 } as const

/** Cluster and member of a header. */
function identityOf({ clusterId, memberId }: Answerer): Uint8Array {
  const bytes: number[] = []
  const varint = (value: bigint): void => {
    let rest = BigInt.asUintN(64, value)
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
    bytes.push(Number(rest))
  }
  bytes.push(0x08)
  varint(clusterId)
  bytes.push(0x10)
  varint(memberId)
  return Uint8Array.from(bytes)
}
