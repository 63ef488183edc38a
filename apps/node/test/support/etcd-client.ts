import { create, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { Client, Metadata, credentials, type ServiceError } from '@grpc/grpc-js'
import { KV, Maintenance } from '@quorate/etcd-api'
import { grpcServiceDefinition } from '@quorate/transport-grpc'

const definitions = { ...grpcServiceDefinition(KV), ...grpcServiceDefinition(Maintenance) }
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A key as a client of etcd's sees it. */
export interface Entry {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
}

export interface Found {
  readonly entries: readonly Entry[]
  readonly more: boolean
  /** The store's revision when this was read. */
  readonly revision: number
}

export interface ReadOptions {
  /** The first key behind the range; without it, `key` alone. */
  readonly end?: string
  readonly limit?: number
  readonly revision?: number
  readonly serializable?: boolean
  readonly timeoutMs?: number
  /** Waits for a connection to the node until `timeoutMs`, where otherwise a refused one fails the read. */
  readonly waitForReady?: boolean
}

/** A client of one node, over its client port. Its calls reject with grpc-js's `ServiceError`. */
export class EtcdClient {
  readonly #client: Client

  constructor(url: string) {
    this.#client = new Client(new URL(url).host, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
      // A node that was killed is started again soon.
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.min_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 100,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
    })
  }

  /** Any unary method of these services. Without `timeoutMs`, the client sets no deadline. */
  call<Method extends DescMethodUnary>(
    method: Method,
    request: MessageInitShape<Method['input']>,
    timeoutMs?: number,
    waitForReady = false,
  ): Promise<MessageShape<Method['output']>> {
    const definition = definitions[method.localName]
    if (definition === undefined) throw new TypeError(`no method ${method.localName}`)
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize as (bytes: Buffer) => MessageShape<Method['output']>,
        create(method.input, request),
        new Metadata({ waitForReady }),
        timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
        (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
      )
    })
  }

  /** Returns the revision of the write. */
  async put(key: string, value: string, timeoutMs?: number): Promise<number> {
    const request = { key: encoder.encode(key), value: encoder.encode(value) }
    const { header } = await this.call(KV.method.put, request, timeoutMs)
    return Number(header?.revision)
  }

  async read(key: string, options: ReadOptions = {}): Promise<Found> {
    const { end = '', limit = 0, revision = 0, serializable = false, timeoutMs, waitForReady } = options
    const request = {
      key: encoder.encode(key),
      rangeEnd: encoder.encode(end),
      limit: BigInt(limit),
      revision: BigInt(revision),
      serializable,
    }
    const { kvs, more, header } = await this.call(KV.method.range, request, timeoutMs, waitForReady)
    return {
      more,
      revision: Number(header?.revision),
      entries: kvs.map((kv) => ({
        key: decoder.decode(kv.key),
        value: decoder.decode(kv.value),
        createRevision: Number(kv.createRevision),
        modRevision: Number(kv.modRevision),
        version: Number(kv.version),
      })),
    }
  }

  /** Everything that the store holds at a revision. */
  async readAll(options: { readonly revision: number; readonly serializable: boolean }): Promise<Map<string, Entry>> {
    const all = new Map<string, Entry>()
    for (let from = '\0'; ;) {
      const { entries, more } = await this.read(from, { ...options, end: '\0', limit: 5_000, timeoutMs: 30_000 })
      for (const entry of entries) all.set(entry.key, entry)
      const last = entries.at(-1)
      if (!more || last === undefined) return all
      from = `${last.key}\0`
    }
  }

  /** The hash of all that the store held at a revision, with its history. */
  async hash(revision: number): Promise<number> {
    return (await this.call(Maintenance.method.hashKV, { revision: BigInt(revision) }, 30_000)).hash
  }

  close(): void {
    this.#client.close()
  }
}

/** What a call said that failed, as `14 etcdserver: no leader`. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    (answer) => {
      throw new Error(`it was answered: ${String(answer)}`)
    },
    (error: ServiceError) => `${error.code} ${error.details}`,
  )
}
