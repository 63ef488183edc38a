import { seededRandom, type Incarnation, type NodeId, type PeerEvent } from '@quorate/core'
import { sameData } from './data.js'
import { fail, Suite, type Conditions, type Drive, type TestRunner } from './runner.js'

/** A transport to be tested. */
export interface TransportSubject {
  readonly name: string
  /** Starts nodes that are to reach each other. */
  readonly open: (ids: readonly NodeId[], observer: TransportObserver) => TransportCluster
}

/** What nodes are told by their transports: `at` is the one that is told. */
export interface TransportObserver {
  message(at: NodeId, from: Incarnation, channel: string, payload: Uint8Array): void
  peer(at: NodeId, event: PeerEvent): void
}

/** The nodes that were started. */
export interface TransportCluster {
  send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void
  /** Ends a node in good order. */
  stop(id: NodeId): void
  /** Ends a node and starts its next life, with a greater incarnation number, where the others find it. */
  restart(id: NodeId): void
  /** Ends all nodes. */
  close(): void
}

const ids = ['n1', 'n2', 'n3'] as const
const payloadBytes = [0, 1, 1000, 100_000] as const

/**
 * The tests of a transport: fair-lossy links, and evidence of connections. They wait for what arrives: `drive` brings it about.
 *
 * @example
 * transportConformance({ name: 'grpc', open: openCluster }, { describe, it, drive })
 */
export function transportConformance(subject: TransportSubject, options: TestRunner & { readonly drive: Drive }): void {
  const suite = new Suite(options)
  suite.describe(`${subject.name}, a transport`, () => {
    for (const [title, body] of tests) suite.driven(title, options.drive, () => within(subject, body))
  })
}

interface Arrival {
  readonly at: NodeId
  readonly from: Incarnation
  readonly channel: string
  readonly payload: Uint8Array
}

class World implements TransportObserver {
  readonly arrivals: Arrival[] = []
  readonly events: (PeerEvent & { readonly at: NodeId })[] = []
  readonly cluster: TransportCluster
  /** Whether anything was told from within a call of `send`. */
  nested = false
  #sending = false

  constructor(subject: TransportSubject) {
    this.cluster = subject.open(ids, this)
  }

  message(at: NodeId, from: Incarnation, channel: string, payload: Uint8Array): void {
    this.nested ||= this.#sending
    this.arrivals.push({ at, from, channel, payload })
  }

  peer(at: NodeId, event: PeerEvent): void {
    this.nested ||= this.#sending
    this.events.push({ ...event, at })
  }

  send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void {
    this.#sending = true
    this.cluster.send(from, to, channel, payload)
    this.#sending = false
  }

  /** Sends again and again, each time that it is asked, until it has arrived. */
  arrives(from: NodeId, to: NodeId, channel: string, payload = new Uint8Array(0)): () => boolean {
    return () => {
      const arrival = this.arrivals.find((each) => each.at === to && each.channel === channel)
      if (arrival === undefined) this.send(from, to, channel, payload)
      return arrival !== undefined
    }
  }

  told(type: PeerEvent['type'], at: NodeId, peer: NodeId): () => boolean {
    return () => this.events.some((event) => event.type === type && event.at === at && event.peer.id === peer)
  }
}

type Body = (world: World) => Conditions

function* within(subject: TransportSubject, body: Body): Generator<() => boolean, void, void> {
  const world = new World(subject)
  try {
    yield* body(world)
  } finally {
    world.cluster.close()
  }
}

const pairs: readonly (readonly [NodeId, NodeId])[] = ids.flatMap((from) =>
  ids.flatMap((to): readonly (readonly [NodeId, NodeId])[] => (from === to ? [] : [[from, to]])),
)

const tests: readonly (readonly [title: string, body: Body])[] = [
  [
    'fair loss: what is sent again and again arrives',
    function* (world) {
      for (const [from, to] of pairs) yield world.arrives(from, to, `${from} to ${to}`)
    },
  ],
  [
    'no creation: what arrives was sent, by that node, on that channel, byte for byte',
    function* (world) {
      const random = seededRandom(1)
      const sent = new Map<string, readonly [from: NodeId, payload: Uint8Array]>()
      for (const bytes of payloadBytes) {
        for (const [from, to] of pairs.slice(0, 4)) {
          const payload = Uint8Array.from({ length: bytes }, () => random.integer(0, 255))
          const channel = `${from} to ${to}, ${bytes}`
          sent.set(`${to} ${channel}`, [from, payload])
          yield world.arrives(from, to, channel, payload)
        }
      }
      for (const { at, from, channel, payload } of world.arrivals) {
        const original = sent.get(`${at} ${channel}`)
        if (original === undefined) fail(`${at} received what nobody sent it, on "${channel}"`)
        if (original[0] !== from.id) fail(`${at} received from ${from.id} what ${original[0]} sent`)
        if (!sameData(original[1], payload)) fail(`${at} received other bytes than were sent, on "${channel}"`)
      }
    },
  ],
  [
    'tells nothing from within a call',
    function* (world) {
      for (const [from, to] of pairs) yield world.arrives(from, to, `${from} to ${to}`)
      if (world.nested) fail('a node was told something while it sent')
    },
  ],
  [
    'a message to a node that nobody knows is dropped, and does not throw',
    function* (world) {
      world.send('n1', 'n9', 'a', new Uint8Array(1))
      yield world.arrives('n1', 'n2', 'b')
    },
  ],
  [
    'evidence: tells of every peer that it is connected',
    function* (world) {
      for (const [at, peer] of pairs) yield world.told('connected', at, peer)
    },
  ],
  [
    'evidence: tells that a peer which ended is disconnected',
    function* (world) {
      for (const [from, to] of pairs) yield world.arrives(from, to, `${from} to ${to}`)
      world.cluster.stop('n2')
      yield world.told('disconnected', 'n1', 'n2')
      yield world.told('disconnected', 'n3', 'n2')
    },
  ],
  [
    'a node that starts again is heard under its new incarnation',
    function* (world) {
      const newest = (): number => Math.max(...world.arrivals.map(({ from }) => from.incarnation))
      yield world.arrives('n2', 'n1', 'before')
      const before = newest()
      world.cluster.restart('n2')
      yield world.arrives('n2', 'n1', 'after')
      yield world.arrives('n1', 'n2', 'to the new life')
      if (newest() <= before) fail(`it is heard under incarnation ${newest()}, and was under ${before} before`)
    },
  ],
]
