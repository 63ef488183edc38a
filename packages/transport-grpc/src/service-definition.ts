import {
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type DescService,
  type MessageShape,
} from '@bufbuild/protobuf'
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'

/** A service as protobuf-es describes it, and its handlers: a `ServiceImplementation` of the same service. */
export interface GrpcService {
  readonly service: DescService
  readonly implementation: UntypedServiceImplementation
}

/** The handlers that a service needs, by the names of its methods in generated code. */
export type ServiceImplementation<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: Handler<Service['method'][Name]>
}

type Handler<Method> = Method extends DescMethod
  ? {
      readonly unary: handleUnaryCall<MessageShape<Method['input']>, MessageShape<Method['output']>>
      readonly client_streaming: handleClientStreamingCall<
        MessageShape<Method['input']>,
        MessageShape<Method['output']>
      >
      readonly server_streaming: handleServerStreamingCall<
        MessageShape<Method['input']>,
        MessageShape<Method['output']>
      >
      readonly bidi_streaming: handleBidiStreamingCall<MessageShape<Method['input']>, MessageShape<Method['output']>>
    }[Method['methodKind']]
  : never

/** Turns a service as protobuf-es describes it into what grpc-js takes, on the server and on the client. */
export function grpcServiceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method)]))
}

function methodDefinition(method: DescMethod): MethodDefinition<MessageShape<DescMessage>, MessageShape<DescMessage>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (message) => asBuffer(toBinary(method.input, message)),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (message) => asBuffer(toBinary(method.output, message)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  }
}

/** The same bytes, not a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
