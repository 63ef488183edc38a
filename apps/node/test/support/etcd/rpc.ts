import { credentials, Client } from '@grpc/grpc-js'
import { loadSync, type MethodDefinition } from '@grpc/proto-loader'
import { fileURLToPath } from 'node:url'

const proto = fileURLToPath(new URL('../../../../../packages/etcd-api/proto', import.meta.url))
// Not the code that the server is built with: so a mistake in that one shows.
const definitions = loadSync('etcdserverpb/rpc.proto', {
  includeDirs: [proto],
  keepCase: true,
  longs: String,
  enums: String,
  bytes: String,
  oneofs: false,
})

const services = {
  Put: 'KV',
  Range: 'KV',
  DeleteRange: 'KV',
  Txn: 'KV',
  Compact: 'KV',
  HashKV: 'Maintenance',
} as const
export type MethodName = keyof typeof services

/** A message as an object: integers of 64 bits as decimal text, bytes in an answer as base64. */
export type Message = { readonly [field: string]: unknown }

export type Answer = { readonly ok: Message } | { readonly code: number; readonly message: string }

interface Method {
  readonly path: string
  readonly requestSerialize: (message: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => object
}

const methods = new Map(
  Object.entries(services).map(([name, service]) => {
    const methodsOfService = definitions[`etcdserverpb.${service}`] as Readonly<
      Record<string, MethodDefinition<object, object>>
    >
    return [name, methodsOfService[name] as Method] as const
  }),
)

/** Asks one server of etcd's, over gRPC. */
export class Rpc {
  readonly #client: Client

  constructor(url: string) {
    this.#client = new Client(url.replace('http://', ''), credentials.createInsecure())
  }

  call(name: MethodName, request: Message): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = methods.get(name) as Method
    return new Promise((resolve) => {
      const deadline = Date.now() + DEADLINE_MS
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        (error, reply) => {
          if (error !== null) resolve({ code: error.code, message: error.details })
          else resolve({ ok: reply as Message })
        },
      )
    })
  }

  close(): void {
    this.#client.close()
  }
}

const DEADLINE_MS = 20_000
