import { create } from '@bufbuild/protobuf'
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { KV, Maintenance } from '@quorate/etcd-api'
import type { EtcdInput, EtcdOutput } from '@quorate/linearizability'
import { unaryCalls, type UnaryCall } from '../../grpc/unary-calls.js'
import {
  keyValuesOf,
  type KeyValue,
  putOutput,
  putRequest,
  rangeOutput,
  rangeRequest,
  txnOutput,
  txnRequest,
} from './etcd-messages.js'

/** What workloads ask for. A delete is part of a transaction that puts something: every change then bears the mark of who made it. */
export type StoreInput = Exclude<EtcdInput, { readonly type: 'deleteRange' }>

/** `refused`: certainly not carried out. `unknown`: it may have been, and may be yet. */
export type StoreFailure = { readonly outcome: 'refused' | 'unknown'; readonly reason: string }
export type StoreAnswer = { readonly outcome: 'ok'; readonly output: EtcdOutput } | StoreFailure

/** What workloads talk to. */
export interface Store {
  execute(input: StoreInput): Promise<StoreAnswer>
}

/** What a node says of itself. */
export interface NodeStatus {
  readonly isLeader: boolean
  readonly term: number
}

/** A client that found no node is to find it soon after it is back. */
const channelOptions = {
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
} as const

const statusTimeoutMs = 1_000
const readBackTimeoutMs = 10_000

/** A connection of its own to one node, as a client of etcd's API. */
export class StoreConnection implements Store {
  readonly #client: Client
  readonly #kv: UnaryCall
  readonly #maintenance: UnaryCall
  readonly #timeoutMs: number

  constructor(port: number, timeoutMs: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), channelOptions)
    this.#kv = unaryCalls(this.#client, KV)
    this.#maintenance = unaryCalls(this.#client, Maintenance)
    this.#timeoutMs = timeoutMs
  }

  async execute(input: StoreInput): Promise<StoreAnswer> {
    try {
      return { outcome: 'ok', output: await this.#execute(input) }
    } catch (error) {
      return failureOf(error as ServiceError)
    }
  }

  /** Rejects with grpc-js's `ServiceError`. */
  async status(): Promise<NodeStatus> {
    const request = create(Maintenance.method.status.input)
    const { header, leader, raftTerm } = await this.#maintenance(Maintenance.method.status, request, statusTimeoutMs)
    return { isLeader: leader !== 0n && leader === header?.memberId, term: Number(raftTerm) }
  }

  /** The hash of all that the store held at a revision, with its history. Rejects with grpc-js's `ServiceError`. */
  async hash(revision: number): Promise<number> {
    const request = create(Maintenance.method.hashKV.input, { revision: BigInt(revision) })
    return (await this.#maintenance(Maintenance.method.hashKV, request, readBackTimeoutMs)).hash
  }

  /** What was put by the change that made this revision, if it is still to be seen in it. Rejects with grpc-js's `ServiceError`. */
  async putAt(revision: number): Promise<readonly KeyValue[]> {
    const [at, everything] = [BigInt(revision), new Uint8Array([0])]
    const request = create(KV.method.range.input, {
      key: everything,
      rangeEnd: everything,
      revision: at,
      minModRevision: at,
      maxModRevision: at,
    })
    const answer = await this.#kv(KV.method.range, request, readBackTimeoutMs)
    return keyValuesOf(answer)
  }

  close(): void {
    this.#client.close()
  }

  async #execute(input: StoreInput): Promise<EtcdOutput> {
    switch (input.type) {
      case 'put':
        return putOutput(await this.#kv(KV.method.put, putRequest(input), this.#timeoutMs))
      case 'range':
        return rangeOutput(await this.#kv(KV.method.range, rangeRequest(input), this.#timeoutMs))
      case 'txn':
        return txnOutput(await this.#kv(KV.method.txn, txnRequest(input), this.#timeoutMs))
    }
  }
}

/** Only what never left the client was certainly not carried out. */
function failureOf({ code, details }: ServiceError): StoreFailure {
  const unsent = code === status.UNAVAILABLE && details.startsWith('No connection established')
  return { outcome: unsent ? 'refused' : 'unknown', reason: `${code} ${details}` }
}
