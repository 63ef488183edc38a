import { transportConformance, type Conditions, type TransportSubject } from '@quorate/conformance'
import type { NodeId } from '@quorate/core'
import { afterEach, describe, it } from 'vitest'
import { makeNode, sleep, startCluster, stopAll, type Node } from './helpers.js'

afterEach(stopAll)

/** Nodes of this process, each on a port of its own. */
const grpc: TransportSubject = {
  name: 'grpc',
  open: (ids, observer) => {
    const nodes = new Map<NodeId, Node>()
    const make = (id: NodeId, incarnation: number): Node => {
      const node = makeNode(id, {
        incarnation,
        onMessage: (from, channel, payload) => observer.message(id, from, channel, payload),
        onPeer: (event) => observer.peer(id, event),
      })
      nodes.set(id, node)
      return node
    }
    for (const id of ids) make(id, 1)
    void startCluster(...nodes.values())
    const restart = async (id: NodeId): Promise<void> => {
      await nodes.get(id)?.transport.stop()
      const node = make(id, 2)
      await node.transport.start()
      for (const each of nodes.values()) {
        each.transport.setPeer(id, [node.url()])
        node.transport.setPeer(each.id, [each.url()])
      }
    }
    return {
      send: (from, to, channel, payload) => nodes.get(from)?.transport.send(to, channel, payload),
      stop: (id) => void nodes.get(id)?.transport.stop(),
      restart: (id) => void restart(id),
      close: () => {}, // stopAll does
    }
  },
}

async function drive(conditions: Conditions): Promise<void> {
  for (const holds of conditions) while (!holds()) await sleep(2)
}

transportConformance(grpc, { describe, it, drive })
