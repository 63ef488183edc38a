import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreCluster } from './store-cluster.js'
import type { WriteLoad } from './write-load.js'

/** How long a cluster of which a majority runs may take until it acknowledges writes, and a node until it is ready, on a busy machine. */
const patienceMs = 60_000

type Draw = (below: number) => number

/** Something bad for some of the nodes, the worst first. Each leaves all of them running, and at least one of them, or the connection to it, new. */
const faults: Readonly<Record<string, (cluster: StoreCluster, load: WriteLoad, draw: Draw) => Promise<void>>> = {
  'pause the leader': async (cluster, load, draw) => pause(cluster, load, await cluster.leader(), draw(3_000)),
  'kill the leader while it is paused': async (cluster, load, draw) => {
    const leader = await cluster.leader()
    await cluster.signal(leader, 'SIGSTOP')
    await sleep(draw(1_500))
    await replace(cluster, load, leader, 'SIGKILL')
  },
  'stop the leader in good order': async (cluster, load) => replace(cluster, load, await cluster.leader(), 'SIGTERM'),
  'kill a majority': async (cluster, _load, draw) => {
    const spared = any(cluster, draw)
    const killed = cluster.ids.filter((id) => id !== spared)
    await Promise.all(killed.map((id) => cluster.end(id, 'SIGKILL')))
    await sleep(draw(500))
    for (const id of killed) cluster.start(id)
  },
  // What the leader alone has is not needed: whoever was told that it is written would find it gone.
  'kill all after a while in which only the leader ran, and start the leader last': async (cluster, load, draw) => {
    const leader = await cluster.leader()
    const others = cluster.ids.filter((id) => id !== leader)
    await Promise.all(others.map((id) => cluster.signal(id, 'SIGSTOP')))
    await sleep(draw(300))
    await cluster.endAll('SIGKILL')
    for (const id of others) cluster.start(id)
    await cluster.leader()
    await load.acknowledgedMore(20)
    cluster.start(leader)
  },
  'kill a node twice, the second time while it starts': async (cluster, load, draw) => {
    const id = any(cluster, draw)
    await cluster.end(id, 'SIGKILL')
    cluster.start(id)
    await sleep(draw(1_500))
    await replace(cluster, load, id, 'SIGKILL')
  },
  'kill the leader': async (cluster, load) => replace(cluster, load, await cluster.leader(), 'SIGKILL'),
  'kill any node': async (cluster, load, draw) => replace(cluster, load, any(cluster, draw), 'SIGKILL'),
  'stop any node in good order': async (cluster, load, draw) => replace(cluster, load, any(cluster, draw), 'SIGTERM'),
  'pause any node': async (cluster, load, draw) => pause(cluster, load, any(cluster, draw), draw(3_000)),
  'kill all': async (cluster) => {
    await cluster.endAll('SIGKILL')
    for (const id of cluster.ids) cluster.start(id)
  },
}

export const faultNames: readonly string[] = Object.keys(faults)

/** How long after a fault what was well again, in milliseconds. */
export interface Recovered {
  readonly readyMs: number
  readonly leaderMs: number
  readonly writesMs: number
}

/** Does that to the cluster, then waits until all nodes are ready, follow the same leader, and writes are acknowledged. */
export async function strike(name: string, cluster: StoreCluster, load: WriteLoad, draw: Draw): Promise<Recovered> {
  await within(`after "${name}"`, faults[name]?.(cluster, load, draw) ?? Promise.reject(new Error(`no fault ${name}`)))
  const startedMs = performance.now()
  const passedMs = (): number => Math.round(performance.now() - startedMs)
  await within(`all are ready after "${name}"`, Promise.all(cluster.ids.map((id) => cluster.node(id).ready())))
  const readyMs = passedMs()
  await within(`all follow a leader after "${name}"`, cluster.leader())
  const leaderMs = passedMs()
  await within(`writes are acknowledged after "${name}"`, load.acknowledgedMore(20))
  return { readyMs, leaderMs, writesMs: passedMs() }
}

/** Ends a node, lets the others go on without it, and starts it again. */
async function replace(cluster: StoreCluster, load: WriteLoad, id: string, signal: NodeJS.Signals): Promise<void> {
  const { code, stderr } = await cluster.end(id, signal)
  if (signal === 'SIGTERM' && code !== 0) throw new Error(`${id} ended with ${code}:\n${stderr}`)
  await cluster.leader()
  await load.acknowledgedMore(20)
  cluster.start(id)
}

async function pause(cluster: StoreCluster, load: WriteLoad, id: string, ms: number): Promise<void> {
  await cluster.signal(id, 'SIGSTOP')
  await sleep(ms)
  await cluster.signal(id, 'SIGCONT')
  await load.acknowledgedMore(20)
}

function any(cluster: StoreCluster, draw: Draw): string {
  return cluster.ids[draw(cluster.ids.length)] as string
}

async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const end = new AbortController()
  const late = sleep(patienceMs, undefined, { signal: end.signal }).then(() => {
    throw new Error(`waited ${patienceMs} ms in vain: ${what}`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    end.abort()
    late.catch(() => {})
  }
}
