import type { DescMethodUnary, DescService, MessageShape } from '@bufbuild/protobuf'
import type { Client, ServiceError } from '@grpc/grpc-js'
import { grpcServiceDefinition } from '@quorate/transport-grpc'

/** Calls a method. Rejects with grpc-js's `ServiceError`. */
export type UnaryCall = <Method extends DescMethodUnary>(
  method: Method,
  request: MessageShape<Method['input']>,
  timeoutMs: number,
) => Promise<MessageShape<Method['output']>>

/** The unary methods of a service, as protobuf-es describes it, on a connection. */
export function unaryCalls(client: Client, service: DescService): UnaryCall {
  const definitions = grpcServiceDefinition(service)
  return <Method extends DescMethodUnary>(
    method: Method,
    request: MessageShape<Method['input']>,
    timeoutMs: number,
  ) => {
    const definition = definitions[method.localName]
    if (definition === undefined) throw new TypeError(`no method ${method.localName}`)
    return new Promise<MessageShape<Method['output']>>((resolve, reject) => {
      client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize as (bytes: Buffer) => MessageShape<Method['output']>,
        request,
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error !== null) reject(error)
          else if (response === undefined)
            reject(new TypeError(`grpc-js ended ${method.name} with neither answer nor error`))
          else resolve(response)
        },
      )
    })
  }
}

/** How to connect to nodes that end and start again, on this machine as elsewhere. */
export const nodeChannelOptions = {
  // A proxy for the web knows no way to a node, least of all to one on this machine.
  'grpc.enable_http_proxy': 0,
  // A node that restarts is to be found again at once.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.use_local_subchannel_pool': 1,
} as const

/** Why a call failed. grpc-js wraps what went wrong in how far it came. */
export function reasonOf({ details }: ServiceError): string {
  const [, reason] = /Last error: (?:Error: )?(.*)\. Resolution note:/.exec(details) ?? []
  return reason ?? details
}
