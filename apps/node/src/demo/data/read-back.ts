import type { NodeId } from '@quorate/core'
import type { Entry, StoreClient } from './store-client.js'

/** What one node holds at the revision at which all are compared. */
export interface Replica {
  readonly node: NodeId
  readonly linearizable: ReadonlyMap<string, Entry>
  readonly serializable: ReadonlyMap<string, Entry>
  readonly hash: number
}

export interface ReadBack {
  readonly revision: number
  readonly replicas: readonly Replica[]
}

/** Some hundred kilobytes. */
const pageSize = 2_000

/**
 * Reads from every node everything that the store holds, both ways, and the hash of it. All at one revision: a write of unknown outcome
 * may still be carried out meanwhile. The linearizable read comes first, so that after it the node has no excuse to be late.
 */
export async function readBack(clients: ReadonlyMap<NodeId, StoreClient>): Promise<ReadBack> {
  const nodes = [...clients]
  const revisions = await Promise.all(nodes.map(([, client]) => revisionOf(client)))
  const revision = Math.max(...revisions)
  const replicas = await Promise.all(
    nodes.map(async ([node, client]) => ({
      node,
      linearizable: await readAll(client, revision, false),
      serializable: await readAll(client, revision, true),
      hash: await client.hash(revision),
    })),
  )
  return { revision, replicas }
}

async function revisionOf(client: StoreClient): Promise<number> {
  return (await client.page({ from: '', limit: 1, revision: 0, serializable: false })).revision
}

async function readAll(
  client: StoreClient,
  revision: number,
  serializable: boolean,
): Promise<ReadonlyMap<string, Entry>> {
  const all = new Map<string, Entry>()
  for (let from = ''; ;) {
    const { entries, more } = await client.page({ from, limit: pageSize, revision, serializable })
    for (const entry of entries) all.set(entry.key, entry)
    const last = entries.at(-1)
    if (!more || last === undefined) return all
    // The least key after the last one.
    from = `${last.key}\0`
  }
}
