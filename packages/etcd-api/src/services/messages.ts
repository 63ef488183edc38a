import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import type { EtcdBackend } from '../backend.js'
import { ResponseHeaderSchema, type ResponseHeader } from '../gen/etcdserverpb/rpc_pb.js'
import type { Call } from '../grpc/call.js'
import { codes } from '../grpc/status.js'
import { FRAME_HEADER_BYTES } from '../wire/encoder.js'

/** For what is asked seldom: messages by generated code. */
export function frameOf<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): Buffer {
  const bytes = toBinary(schema, create(schema, message))
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + bytes.length)
  frame.writeUInt32BE(bytes.length, 1)
  frame.set(bytes, FRAME_HEADER_BYTES)
  return frame
}

/** The message of a call; when it is none, the call has failed and there is nothing left to do. */
export function messageOf<Desc extends DescMessage>(
  schema: Desc,
  call: Call,
  bytes: Uint8Array,
): MessageShape<Desc> | undefined {
  try {
    return fromBinary(schema, bytes)
  } catch (error) {
    // The one way in which the library says so.
    call.fail({ code: codes.internal, message: `grpc: error unmarshalling request: ${(error as Error).message}` })
    return undefined
  }
}

export function headerOf(backend: EtcdBackend, revision: number): ResponseHeader {
  const { clusterId, memberId } = backend
  return create(ResponseHeaderSchema, {
    clusterId,
    memberId,
    revision: BigInt(revision),
    raftTerm: BigInt(backend.term()),
  })
}
