import type { NodeId } from '@quorate/core'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Hello } from '../gen/quorate/transport/v1/peer_pb.js'
import type { Context } from './context.js'
import { weighHello } from './hello.js'
import { IncomingStream } from './incoming-stream.js'
import type { Peer } from './peer.js'
import { unknownPeer, type Refusal } from './refusals.js'

/** Takes the streams that other processes dial: greets, refuses, or hands them to the peer whose they are. */
export class Acceptor {
  readonly #context: Context
  readonly #peers: ReadonlyMap<NodeId, Peer>
  readonly #streams = new Set<IncomingStream>()
  #stopped = false

  constructor(context: Context, peers: ReadonlyMap<NodeId, Peer>) {
    this.#context = context
    this.#peers = peers
  }

  connect(call: ServerDuplexStream<Buffer, Buffer>): void {
    if (this.#stopped) {
      call.end()
      return
    }
    const stream = new IncomingStream(
      this.#context,
      call,
      (hello) => this.#greeted(stream, hello),
      (refusal) => this.#refused(stream, refusal),
      () => this.#streams.delete(stream),
    )
    this.#streams.add(stream)
  }

  stop(): void {
    this.#stopped = true
    for (const stream of this.#streams) stream.end()
  }

  #greeted(stream: IncomingStream, hello: Hello): void {
    const greeting = weighHello(this.#context, hello)
    if ('code' in greeting) return stream.refuse(greeting)
    const peer = this.#peers.get(greeting.life.id)
    if (peer === undefined) return stream.refuse(unknownPeer(greeting.life.id, this.#context.settings.self.id))
    void peer.accept(stream, greeting.life, greeting.version)
  }

  #refused(stream: IncomingStream, { code, message }: Refusal): void {
    this.#context.report({ type: 'refused-connection', remote: stream.remote, code, message })
  }
}
