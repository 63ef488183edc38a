/** What clients, disks and operators do to nodes that is wrong. Each node says what is, and goes on if that is safe. */
import { KV } from '@quorate/etcd-api'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failureOf, type EtcdClient } from './support/etcd-client.js'
import { SmallDisk, whyNoMounts } from './support/full-disk.js'
import { Workbench } from './support/quorate.js'
import { StoreCluster } from './support/store-cluster.js'

const bench = new Workbench()
afterAll(() => bench.close())

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const putOf = (key: string, value = 'v') =>
  ({ request: { case: 'requestPut', value: { key: bytes(key), value: bytes(value) } } }) as const

describe('a node of three', () => {
  let cluster: StoreCluster
  let leader: string
  let client: EtcdClient

  beforeAll(async () => {
    cluster = await StoreCluster.launch(bench)
    leader = await cluster.leader()
    client = cluster.client(cluster.ids.find((id) => id !== leader) as string)
    await client.put('key', 'first')
  })
  afterAll(() => cluster.close())

  const refusals: [title: string, request: () => Promise<unknown>, refusal: string][] = [
    [
      'a request above 1.5 MiB',
      () => client.put('key', 'x'.repeat(1.5 * 1024 * 1024)),
      '3 etcdserver: request is too large',
    ],
    ['an empty key', () => client.put('', 'value'), '3 etcdserver: key is not provided'],
    [
      'more than 128 operations in a transaction',
      () => client.call(KV.method.txn, { success: Array.from({ length: 129 }, (_, each) => putOf(`key-${each}`)) }),
      '3 etcdserver: too many operations in txn request',
    ],
    [
      'a key twice in a transaction',
      () => client.call(KV.method.txn, { success: [putOf('key'), putOf('key')] }),
      '3 etcdserver: duplicate key given in txn request',
    ],
    [
      'a future revision',
      () => client.read('key', { revision: 1_000_000 }),
      '11 etcdserver: mvcc: required revision is a future revision',
    ],
    [
      'a compacted revision',
      async () => {
        const revision = await client.put('key', 'second')
        await client.put('key', 'third')
        await client.call(KV.method.compact, { revision: BigInt(revision) })
        return client.read('key', { revision: revision - 1 })
      },
      '11 etcdserver: mvcc: required revision has been compacted',
    ],
    [
      'to compact what is compacted',
      () => client.call(KV.method.compact, { revision: 1n }),
      '11 etcdserver: mvcc: required revision has been compacted',
    ],
  ]
  it.each(refusals)('refuses %s with the code and the words of etcd', async (_title, request, refusal) => {
    expect(await failureOf(request())).toBe(refusal)
  })

  it('goes on serving whatever comes to its client port', { timeout: 30_000 }, async () => {
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
    const rubbish = [
      randomBytes(4096),
      Buffer.from('GET / HTTP/1.1\r\nhost: here\r\n\r\n'),
      Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
      preface.subarray(0, 10),
      Buffer.concat([preface, randomBytes(4096)]),
      Buffer.concat([preface, emptySettings, Buffer.from([0xff, 0xff, 0xff, 1, 4, 0, 0, 0, 1])]),
      Buffer.concat([preface, emptySettings, Buffer.from([0, 0, 4, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4])]),
    ]
    for (const id of cluster.ids) {
      for (const what of rubbish) {
        const socket = connect(cluster.clientPort(id), '127.0.0.1')
        socket.on('error', () => {})
        await once(socket, 'connect')
        socket.end(what)
        // It says what it thinks of that, or that it has nothing to say.
        await new Promise((answered) => socket.once('data', answered).once('end', answered).once('close', answered))
        socket.destroy()
      }
    }
    for (const id of cluster.ids) await cluster.client(id).put('key', `after rubbish at ${id}`)
    expect((await client.read('key')).entries).toMatchObject([{ value: 'after rubbish at n3' }])
  })

  it(
    'without a quorum ends every request, at its deadline or its own, and still shows what it has',
    { timeout: 60_000 },
    async () => {
      await client.put('key', 'last')
      const [spared, ...others] = [leader, ...cluster.ids.filter((id) => id !== leader)]
      await Promise.all(others.map((id) => cluster.end(id, 'SIGKILL')))
      const alone = cluster.client(spared as string)
      // It has led, and takes these for its own log before it knows better.
      const early = failureOf(alone.put('key', 'early'))
      expect(await failureOf(alone.put('key', 'value', 300))).toMatch(/^4 /)
      expect(await failureOf(alone.read('key', { timeoutMs: 300 }))).toMatch(/^4 /)
      const without = /^14 etcdserver: (request timed out|no leader|leader changed)$/
      const compaction = alone.call(KV.method.compact, { revision: 3n })
      const ends = [early, ...[alone.put('key', 'late'), alone.read('key'), compaction].map(failureOf)]
      for (const end of await Promise.all(ends)) expect(end).toMatch(without)
      const { entries } = await alone.read('key', { serializable: true })
      expect(entries).toMatchObject([{ value: 'last' }])
      // What was refused may come to be, now; what is asked does.
      for (const id of others) cluster.start(id)
      await cluster.leader()
      await alone.put('key', 'again')
      expect((await alone.read('key')).entries).toMatchObject([{ value: 'again' }])
    },
  )
})

describe('a node does not start, and says why in one line,', () => {
  let cluster: StoreCluster

  beforeAll(async () => {
    cluster = await StoreCluster.launch(bench)
    for (const id of cluster.ids) await cluster.client(id).put(`key-${id}`, 'x'.repeat(1_000))
    // In good order, so that the state is on the disk, too.
    await cluster.endAll('SIGTERM')
    cluster.close()
  })

  const newest = (id: string): string => {
    const log = join(cluster.dataDir(id), 'log')
    return join(log, readdirSync(log).sort().at(-1) as string)
  }

  /** How a node ends that finds this as the newest segment of its log. */
  async function refusal(id: string, segment: Buffer): Promise<string | undefined> {
    writeFileSync(newest(id), segment)
    const { code, stderr } = await bench.run(cluster.args(id))
    expect(code).toBe(1)
    return stderr.trimEnd().split('\n').at(-1)
  }

  it('on a log that a newer version wrote', async () => {
    const segment = readFileSync(newest('n1'))
    segment.writeUInt32LE(99, 8)
    segment.writeUInt32LE(crc32c(segment.subarray(0, 12)), 12)
    expect(await refusal('n1', segment)).toMatch(/QUORATE_LOG_VERSION: \d+\.wal was written in version 99 /)
  })

  it('on a log with a flipped bit before its end', async () => {
    const segment = readFileSync(newest('n2'))
    const middle = Math.floor(segment.length / 2)
    segment.writeUInt8(segment.readUInt8(middle) ^ 1, middle)
    expect(await refusal('n2', segment)).toMatch(/QUORATE_LOG_CORRUPT: \d+\.wal is corrupt at byte \d+/)
  })

  it('on a log that has lost what the state shows', async () => {
    expect(await refusal('n3', Buffer.alloc(0))).toMatch(/QUORATE_LOG_BEHIND_STATE: the state has applied \d+ entries/)
  })
})

const reason = whyNoMounts(bench.path('probe'))
const title = `a node whose disk is full${reason === undefined ? '' : ` (skipped: ${reason})`}`

describe.skipIf(reason !== undefined)(title, { timeout: 60_000 }, () => {
  it('stops and says so, while the others go on; with room it starts again, and nothing is lost', async () => {
    const cluster = await StoreCluster.create(bench)
    const disk = new SmallDisk(cluster.dataDir('n1'), 512)
    try {
      for (const id of cluster.ids) cluster.start(id)
      await cluster.leader()
      const full = cluster.node('n1')
      let over = false
      full.ended.then(
        () => (over = true),
        () => (over = true),
      )
      const acknowledged: string[] = []
      for (let each = 0; !over || acknowledged.length < 20; each++) {
        const key = `key-${String(each).padStart(4, '0')}`
        // While another leader is elected, a write may fail.
        const put = cluster.client('n2').put(key, 'x'.repeat(20_000), 5_000)
        if (await put.then(Boolean, () => false)) acknowledged.push(key)
        expect(each).toBeLessThan(500)
      }
      const { code, stderr } = await cluster.ended('n1')
      expect(code).toBe(1)
      expect(stderr).toMatch(/^quorate: QUORATE_STORE_FAILED: .*ENOSPC/m)

      const again = await bench.run(cluster.args('n1'))
      expect(again.code).toBe(1)
      expect(again.stderr).toMatch(/^quorate: QUORATE_DATA_DIR_UNUSABLE: .*full: make room/m)

      disk.resize(64 * 1024)
      await cluster.start('n1').ready()
      await cluster.leader()
      await cluster.client('n1').put('key-last', 'value')
      for (const id of cluster.ids) {
        const { entries } = await cluster.client(id).read('key-', { end: 'key.' })
        const keys = new Set(entries.map(({ key }) => key))
        expect(acknowledged.filter((key) => !keys.has(key))).toEqual([])
      }
    } finally {
      await cluster.endAll('SIGKILL')
      cluster.close()
      disk.remove()
    }
  })
})

/** The checksum of the log's headers, a bit at a time. */
function crc32c(data: Uint8Array): number {
  let sum = 0xffff_ffff
  for (const byte of data) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ ((sum & 1) * 0x82f6_3b78)
  }
  return (sum ^ 0xffff_ffff) >>> 0
}
