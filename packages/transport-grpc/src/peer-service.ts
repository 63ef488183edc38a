import type { handleBidiStreamingCall, ServiceDefinition } from '@grpc/grpc-js'
import { PeerService } from './gen/quorate/transport/v1/peer_pb.js'
import { grpcServiceDefinition } from './service-definition.js'

/** The service between peers with frames as bytes: they are read where it is known whose they are. */
export const peerServiceDefinition: ServiceDefinition<{ connect: handleBidiStreamingCall<Buffer, Buffer> }> = {
  connect: {
    ...(grpcServiceDefinition(PeerService)['connect'] as ServiceDefinition[string]),
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
}

export const connectPath = peerServiceDefinition.connect.path

function asIs(bytes: Buffer): Buffer {
  return bytes
}
