import { create } from '@bufbuild/protobuf'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { QuorateError } from '@quorate/core'
import { KV, Maintenance } from '@quorate/etcd-api'
import { parsePeerUrl } from '@quorate/transport-grpc'
import { nodeChannelOptions, reasonOf, unaryCalls, type UnaryCall } from '../../grpc/unary-calls.js'

/** A key's value and etcd's numbers of it. */
export interface Entry {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
}

export interface Page {
  readonly entries: readonly Entry[]
  /** Whether there is more after them. */
  readonly more: boolean
  /** The store's revision when this was read. */
  readonly revision: number
}

export interface PageRequest {
  /** The first key that is wanted. */
  readonly from: string
  readonly limit: number
  /** 0: the present one. */
  readonly revision: number
  /** Whether what this node has is enough, late as it may be. */
  readonly serializable: boolean
}

/**
 * One node's store, as a client of etcd's API sees it. Calls reject with `QUORATE_REQUEST_FAILED`; a write that failed may have been carried out
 * all the same, or may be yet.
 */
export interface StoreClient {
  put(key: string, value: string): Promise<void>
  page(request: PageRequest): Promise<Page>
  /** The hash of all that the store held at a revision, with its history. */
  hash(revision: number): Promise<number>
  close(): void
}

/** Longer than an election takes: most of what a fault delays is answered in time. */
const writeTimeoutMs = 2_000
const readTimeoutMs = 10_000

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** As the end of a range: no end. */
const noEnd = new Uint8Array([0])

/** Connects to a node's client URL, or a real etcd's. */
export function connectStore(url: string): StoreClient {
  const { host, port } = parsePeerUrl(url, false, false, 'client')
  const client = new Client(`${host}:${port}`, credentials.createInsecure(), nodeChannelOptions)
  const kv = failing(url, unaryCalls(client, KV))
  const maintenance = failing(url, unaryCalls(client, Maintenance))
  return {
    async put(key, value) {
      const request = create(KV.method.put.input, { key: encoder.encode(key), value: encoder.encode(value) })
      await kv(KV.method.put, request, writeTimeoutMs)
    },
    async page({ from, limit, revision, serializable }) {
      const request = create(KV.method.range.input, {
        // The empty key is none.
        key: from === '' ? noEnd : encoder.encode(from),
        rangeEnd: noEnd,
        limit: BigInt(limit),
        revision: BigInt(revision),
        serializable,
      })
      const { kvs, more, header } = await kv(KV.method.range, request, readTimeoutMs)
      const entries = kvs.map(({ key, value, createRevision, modRevision, version }) => ({
        key: decoder.decode(key),
        value: decoder.decode(value),
        createRevision: Number(createRevision),
        modRevision: Number(modRevision),
        version: Number(version),
      }))
      return { entries, more, revision: Number(header?.revision ?? 0n) }
    },
    async hash(revision) {
      const request = create(Maintenance.method.hashKV.input, { revision: BigInt(revision) })
      return (await maintenance(Maintenance.method.hashKV, request, readTimeoutMs)).hash
    },
    close() {
      client.close()
    },
  }
}

function failing(url: string, call: UnaryCall): UnaryCall {
  return (...request) =>
    call(...request).catch((error: ServiceError) => {
      const message = `${request[0].name} at ${url} failed: ${reasonOf(error)}`
      throw new QuorateError('QUORATE_REQUEST_FAILED', message, { url, grpcCode: error.code }, { cause: error })
    })
}
