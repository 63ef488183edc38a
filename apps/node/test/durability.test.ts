/**
 * A kill leaves the system's cache as it is, so that no kill shows whether anything was synced. The system calls do.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startNode } from '../src/index.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { checkNothingLost } from './support/check-nothing-lost.js'
import { DurableFiles } from './support/durable-files.js'
import { EtcdClient } from './support/etcd-client.js'
import { answersOf, logCalls, syncedNs } from './support/put-trace.js'
import { Workbench } from './support/quorate.js'
import { StoreCluster } from './support/store-cluster.js'
import { fileOf, readTrace, stracing, textsOf, whyNoStrace, type Call } from './support/strace.js'
import { WriteLoad } from './support/write-load.js'

const reason = whyNoStrace()
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`under CI this must run: ${reason}`)
const title = `three nodes whose system calls are traced${reason === undefined ? '' : ` (skipped: ${reason})`}`

describe.skipIf(reason !== undefined)(title, { timeout: 120_000 }, () => {
  const bench = new Workbench()
  const traces = bench.path('traces')
  mkdirSync(traces)
  let life = 0
  let cluster: StoreCluster | undefined

  const launch = async (): Promise<StoreCluster> =>
    (cluster = await StoreCluster.launch(bench, {
      within: (id) => stracing(`${traces}/${id}-${life}`),
      // What io_uring does shows in no trace.
      env: { UV_USE_IO_URING: '0' },
    }))
  /** All that a node has done in this life, once it has ended. */
  const callsOf = (id: string): readonly Call[] => readTrace(traces, `${id}-${life}`)

  afterEach(async () => {
    // Not left to the workbench: it would end strace, and so let go of the nodes.
    await cluster?.endAll('SIGKILL')
    cluster?.close()
    cluster = undefined
    life++
  })
  afterAll(() => bench.close())

  it('answer a put only after two of them have synced it, at the leader and at a follower, one at a time and many', async () => {
    const nodes = await launch()
    const leader = await nodes.leader()
    const follower = nodes.ids.find((id) => id !== leader) as string
    /** The values by the node that acknowledged them and their revision. */
    const acknowledged = new Map([leader, follower].map((id) => [id, new Map<number, string>()]))
    for (const [id, values] of acknowledged) {
      const client = nodes.client(id)
      const put = async (value: string): Promise<void> => {
        values.set(await client.put(`key-${id}`, value, 10_000), value)
      }
      for (let each = 0; each < 60; each++) await put(`<at ${id}, alone, ${each}>`)
      await Promise.all(Array.from({ length: 60 }, (_, each) => put(`<at ${id}, together, ${each}>`)))
    }
    await nodes.endAll('SIGKILL')

    const traced = nodes.ids.map((id) => ({ id, calls: callsOf(id) }))
    const logs = traced.map(({ id, calls }) => logCalls(calls, nodes.dataDir(id)))
    const early: string[] = []
    for (const [id, values] of acknowledged) {
      const calls = traced.find((each) => each.id === id)?.calls ?? []
      const answers = answersOf(calls, nodes.clientPort(id))
      expect([...answers.keys()].sort(byNumber)).toEqual([...values.keys()].sort(byNumber))
      for (const [revision, value] of values) {
        const answeredNs = answers.get(revision) as bigint
        const synced = logs.filter((log) => (syncedNs(log, value) ?? Infinity) <= answeredNs).length
        if (synced < 2) early.push(`${value} was answered when ${synced} had synced it`)
      }
    }
    expect(early).toEqual([])
  })

  it('lose nothing when all are killed at once under load and everything unsynced is discarded, or all but a part', async () => {
    const nodes = await launch()
    const clients = new Map(nodes.ids.map((id) => [id, nodes.client(id)]))
    const loads: WriteLoad[] = []
    let disks = new Map(nodes.ids.map((id) => [id, new DurableFiles(nodes.dataDir(id))]))
    // The kill may find nothing unsynced, if seldom: then that round has shown nothing.
    let shown = 0
    for (let round = 0; round < 2 || (shown === 0 && round < 10); round++) {
      const load = new WriteLoad({ name: `round-${round}`, valueBytes: 300, pauseMs: 0 })
      loads.push(load)
      load.start(clients)
      await load.acknowledgedMore(200)
      await sleep(Math.random() * 20)
      await nodes.endAll('SIGKILL')
      await load.stop()
      let discarded = 0
      for (const [id, disk] of disks) {
        disk.replay(callsOf(id))
        // Who uses the state at the moment: no data.
        disk.requireComplete((path) => path.endsWith('.mdb-lock'))
        // Every second time a part of what was written last is there, as after a write that was cut short.
        const lost = disk.discard((unsynced) => (round % 2 === 0 ? 0 : Math.floor(Math.random() * unsynced)))
        for (const [path, bytes] of lost) if (path.startsWith(`${nodes.dataDir(id)}/log/`)) discarded += bytes
      }
      if (discarded > 0) shown++
      life++
      disks = new Map(nodes.ids.map((id) => [id, new DurableFiles(nodes.dataDir(id))]))
      for (const id of nodes.ids) nodes.start(id)
      await nodes.leader()
    }
    const { wrong, acknowledged } = await checkNothingLost(clients, loads)
    expect(wrong).toEqual([])
    expect(shown).toBeGreaterThan(0)
    expect(acknowledged).toBeGreaterThanOrEqual(400)
  })
})

describe.skipIf(reason !== undefined)(title.replace('three nodes', 'a node'), { timeout: 120_000 }, () => {
  const bench = new Workbench()
  afterAll(() => bench.close())

  it('starts again with all that it acknowledged, whenever in its first life its machine loses its power', async () => {
    const [peerPort, clientPort] = (await freeLoopbackPorts(2)) as [number, number]
    const peerUrl = `http://127.0.0.1:${peerPort}`
    const clientUrl = `http://127.0.0.1:${clientPort}`
    const dataDir = bench.path('data')
    const args = ['start', '--name', 'n1', '--data-dir', dataDir, '--initial-cluster', `n1=${peerUrl}`]
    const node = bench.start([...args, '--listen-client-urls', clientUrl], {
      within: stracing(bench.path('trace')),
      env: { UV_USE_IO_URING: '0' },
    })
    const { pid } = await node.logged(({ msg }) => msg === 'starts')
    const client = new EtcdClient(clientUrl)
    const keys = new Map<number, string>()
    try {
      await node.logged(({ type }) => type === 'leader-changed')
      for (let each = 0; each < 5; each++) keys.set(await client.put(`key-${each}`, 'value', 10_000), `key-${each}`)
    } finally {
      process.kill(pid as number, 'SIGKILL')
      await node.ended
    }
    const calls = readTrace(bench.folder, 'trace').filter(({ endedNs }) => endedNs !== undefined)
    calls.sort((a, b) => Number((a.endedNs as bigint) - (b.endedNs as bigint)))
    const answers = answersOf(calls, clientPort)
    expect([...answers.keys()].sort(byNumber)).toEqual([...keys.keys()].sort(byNumber))
    const changes = [...calls.keys()].filter((place) => touches(calls[place] as Call, dataDir))
    const startsAt = new Set<string>()
    for (const last of changes) {
      const { endedNs = 0n } = calls[last] as Call
      const acknowledged = [...keys].filter(([revision]) => (answers.get(revision) ?? Infinity) <= endedNs)
      for (const part of [0, 0.5]) {
        rmSync(dataDir, { recursive: true, force: true })
        const files = new DurableFiles(dataDir)
        files.replay(calls.slice(0, last + 1))
        files.discard((unsynced) => Math.floor(part * unsynced))
        // Many moments leave the same.
        const found = JSON.stringify([contentOf(dataDir), acknowledged.length])
        if (startsAt.has(found)) continue
        startsAt.add(found)
        const again = await startNode({ name: 'n1', dataDir, initialCluster: { n1: [peerUrl] }, maxDelayMs: 10 })
        try {
          for (const [, key] of acknowledged) {
            const end = await again.kv?.range({ key: new TextEncoder().encode(key) })
            expect(end, `${key}, after call ${last} of ${calls.length}`).toMatchObject({ type: 'range', count: 1 })
          }
        } finally {
          await again.stop()
        }
      }
    }
    client.close()
    expect(startsAt.size).toBeGreaterThan(10)
  })
})

function touches(call: Call, folder: string): boolean {
  return [fileOf(call) ?? '', ...(/^(p?write|send)/.test(call.name) ? [] : textsOf(call))].some((path) =>
    path.startsWith(folder),
  )
}

/** All files below a folder, with their content, but for those that only say who uses it. */
function contentOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return [path, ...contentOf(path)]
    return /lock$/i.test(path) ? [] : [path, readFileSync(path, 'base64')]
  })
}

function byNumber(a: number, b: number): number {
  return a - b
}
