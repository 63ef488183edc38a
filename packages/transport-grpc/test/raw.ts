import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ClientDuplexStream,
  type ServerDuplexStream,
} from '@grpc/grpc-js'
import { isMalformed, type NodeId } from '@quorate/core'
import { connectPath, peerServiceDefinition } from '../src/peer-service.js'
import { decodeFrame, encodeHello, encodeWelcome, type Frame } from '../src/wire/frame.js'

const asIs = (bytes: Buffer): Buffer => bytes
const running = new Set<() => void>()

/** For `afterEach`. */
export function closeRaw(): void {
  for (const close of running) close()
  running.clear()
}

type HelloFields = Partial<Parameters<typeof encodeHello>[0]>

/** A hello of node `b` to node `a` of cluster `test`. */
export function helloFrame(fields: HelloFields = {}): Buffer {
  return encodeHello({
    clusterId: 'test',
    nodeId: 'b',
    incarnation: 1n,
    instance: Buffer.alloc(16, 'bbbb'),
    toNodeId: 'a',
    oldestVersion: 1,
    newestVersion: 1,
    ...fields,
  })
}

/** Whoever dials a peer, saying what it likes. */
export interface Dialer {
  readonly frames: Frame[]
  /** The gRPC status, once the stream has ended. */
  readonly status: () => number | undefined
  write(bytes: Uint8Array): void
  /** Reads nothing until `resume`. */
  pause(): void
  resume(): void
  close(): void
}

export function dialRaw(url: string): Dialer {
  const client = new Client(url.replace('http://', ''), credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  })
  const call: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(connectPath, asIs, asIs)
  const frames: Frame[] = []
  let status: number | undefined
  call.on('data', (bytes: Buffer) => frames.push(readFrame(bytes)))
  call.on('status', (ended: { code: number }) => {
    status = ended.code
  })
  // The status tells.
  call.on('error', () => {})
  const close = (): void => {
    call.cancel()
    client.close()
  }
  running.add(close)
  return {
    frames,
    status: () => status,
    write: (bytes) => void call.write(Buffer.from(bytes)),
    pause: () => call.pause(),
    resume: () => call.resume(),
    close,
  }
}

/** Whoever is dialed as a peer, doing what it likes with the streams. */
export async function listenRaw(onStream: (call: ServerDuplexStream<Buffer, Buffer>) => void): Promise<string> {
  const server = new Server()
  server.addService(peerServiceDefinition, { connect: onStream })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  running.add(() => server.forceShutdown())
  return `http://127.0.0.1:${port}`
}

/** The welcome of node `id`. */
export function welcomeFrame(id: NodeId, fields: Partial<Parameters<typeof encodeWelcome>[0]> = {}): Buffer {
  return encodeWelcome({ nodeId: id, incarnation: 1n, instance: Buffer.alloc(16, id), version: 1, ...fields })
}

export function readFrame(bytes: Uint8Array): Frame {
  const frame = decodeFrame(bytes, 1 << 20)
  if (isMalformed(frame)) throw new Error(frame.reason)
  return frame
}
