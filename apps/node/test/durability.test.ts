/**
 * A kill leaves the system's cache as it is, so that no kill shows whether anything was synced. The system calls do.
 */
import { fromBinary } from '@bufbuild/protobuf'
import { KV } from '@quorate/etcd-api'
import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { checkNothingLost } from './support/check-nothing-lost.js'
import { DurableFiles } from './support/durable-files.js'
import { dataFrames } from './support/http2-data.js'
import { Workbench } from './support/quorate.js'
import { StoreCluster } from './support/store-cluster.js'
import { bytesOf, fileOf, readTrace, stracing, whyNoStrace, type Call } from './support/strace.js'
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
        disk.requireComplete()
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

interface LogCalls {
  readonly writes: readonly { readonly bytes: Buffer; readonly endedNs: bigint; readonly file: string }[]
  readonly syncs: readonly { readonly beganNs: bigint; readonly endedNs: bigint; readonly file: string }[]
}

/** What a node has written to the segments of its log, and when it has synced them, so far as the calls have returned without an error. */
function logCalls(calls: readonly Call[], dataDir: string): LogCalls {
  const done = calls.flatMap((call) => {
    const file = fileOf(call)
    const { beganNs, endedNs, result } = call
    if (file?.startsWith(`${dataDir}/log/`) !== true || endedNs === undefined || result < 0) return []
    return [{ call, file, beganNs, endedNs }]
  })
  return {
    writes: done
      .filter(({ call }) => /write/.test(call.name))
      .map(({ call, ...rest }) => ({ ...rest, bytes: bytesOf(call) })),
    syncs: done.filter(({ call }) => call.name === 'fsync' || call.name === 'fdatasync'),
  }
}

/**
 * When a node had a value durable in its log: when the first sync had returned that began after the write of it had.
 *
 * How it compares with when an answer began to be sent, perhaps by another process: strace reads the one clock of the machine before
 * the call of the answer is let go, and after the sync has been done. So if the sync's time is not later, the sync was done before the
 * first byte of the answer left. And whenever the node did wait for the sync, the sync's time is not later: strace had read
 * the clock before the thread that synced could tell anyone.
 */
function syncedNs({ writes, syncs }: LogCalls, value: string): bigint | undefined {
  const written = writes.find(({ bytes }) => bytes.includes(value))
  if (written === undefined) return undefined
  const after = syncs.filter(({ file, beganNs }) => file === written.file && beganNs >= written.endedNs)
  return after.reduce<bigint | undefined>(
    (least, { endedNs }) => (least === undefined || endedNs < least ? endedNs : least),
    undefined,
  )
}

/** When a node began to send which answer to a put: by the revision that it states. */
function answersOf(calls: readonly Call[], clientPort: number): ReadonlyMap<number, bigint> {
  const connections = new Map<string, { bytes: Buffer; source: bigint }[]>()
  for (const call of calls) {
    const file = fileOf(call)
    if (file?.startsWith(`TCP:[127.0.0.1:${clientPort}->`) !== true || call.result < 0) continue
    const pieces = connections.get(file)
    const piece = { bytes: bytesOf(call), source: call.beganNs }
    if (pieces === undefined) connections.set(file, [piece])
    else pieces.push(piece)
  }
  const answers = new Map<number, bigint>()
  for (const pieces of connections.values()) {
    for (const { payload, source } of dataFrames(pieces)) {
      // gRPC: whether it is compressed, in one byte, and its length, in four, come before a message.
      const message = fromBinary(KV.method.put.output, payload.subarray(5))
      answers.set(Number(message.header?.revision), source)
    }
  }
  return answers
}

function byNumber(a: number, b: number): number {
  return a - b
}
