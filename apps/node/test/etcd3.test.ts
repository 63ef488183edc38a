import { Etcd3 } from 'etcd3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agreedLeader, clusterAt, Workbench } from './support/quorate.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'

const bench = new Workbench()
const names = ['n1', 'n2', 'n3']
let client: Etcd3

beforeAll(async () => {
  const ports = await freeLoopbackPorts(6)
  const cluster = clusterAt(ports.slice(0, 3))
  const urls = ports.slice(3).map((port) => `http://127.0.0.1:${port}`)
  const nodes = names.map((name, place) => {
    const flags = ['--name', name, '--data-dir', bench.path(name), '--initial-cluster', cluster]
    return bench.start(['start', ...flags, '--listen-client-urls', urls[place] as string])
  })
  await agreedLeader(nodes, names)
  client = new Etcd3({ hosts: urls })
})

afterAll(async () => {
  client.close()
  await bench.close()
})

describe('npm’s etcd3 with three nodes', () => {
  it('puts, gets and deletes', async () => {
    await client.put('a').value('1')
    expect(await client.get('a').string()).toBe('1')
    expect(await client.get('nothing').string()).toBeNull()
    expect(await client.get('a').exec()).toMatchObject({ count: '1', kvs: [{ version: '1', lease: '0' }] })
    expect(await client.delete().key('a').exec()).toMatchObject({ deleted: '1' })
    expect(await client.get('a').string()).toBeNull()
  })

  it('reads all with a prefix, in order, and only the keys', async () => {
    for (const key of ['p/2', 'p/1', 'p/3', 'q']) await client.put(key).value(`of ${key}`)
    expect(await client.getAll().prefix('p/').strings()).toEqual({ 'p/1': 'of p/1', 'p/2': 'of p/2', 'p/3': 'of p/3' })
    expect(await client.getAll().prefix('p/').sort('Key', 'Descend').limit(2).keys()).toEqual(['p/3', 'p/2'])
    expect(await client.getAll().prefix('p/').count()).toBe(3)
    await client.delete().prefix('p/')
    expect(await client.getAll().prefix('p/').keys()).toEqual([])
    expect(await client.get('q').string()).toBe('of q')
  })

  it('carries out one branch of a transaction or the other', async () => {
    const swap = (from: string, to: string): Promise<{ readonly succeeded: boolean }> =>
      client
        .if('swapped', 'Value', '==', from)
        .then(client.put('swapped').value(to))
        .else(client.get('swapped'))
        .commit()
    await client.put('swapped').value('old')
    expect(await swap('old', 'new')).toMatchObject({ succeeded: true })
    const refused = await swap('old', 'newer')
    expect(refused).toMatchObject({ succeeded: false, responses: [{ response_range: { kvs: [{ version: '2' }] } }] })
    expect(await client.get('swapped').string()).toBe('new')
    expect(await client.if('not there', 'Create', '==', 0).then(client.put('first').value('x')).commit()).toMatchObject(
      {
        succeeded: true,
      },
    )
  })

  it('keeps to a namespace', async () => {
    const mine = client.namespace('mine/')
    await mine.put('key').value('1')
    expect(await mine.getAll().keys()).toEqual(['key'])
    expect(await client.get('mine/key').string()).toBe('1')
    await mine.delete().all()
    expect(await client.get('mine/key').string()).toBeNull()
    expect(await client.get('swapped').string()).toBe('new')
  })

  it('is told that leases and locks are not served', async () => {
    const notServed = 'UNIMPLEMENTED: quorate: etcdserverpb.Lease/LeaseGrant is not served'
    await expect(client.lease(10).grant()).rejects.toThrow(notServed)
    await expect(client.lock('it').acquire()).rejects.toThrow(notServed)
  })

  it('is told that watches are not served, as often as it tries to begin one', async () => {
    const watcher = client.watch().key('a').watcher()
    const told = new Promise<Error>((resolve) => watcher.once('disconnected', resolve))
    // It tries again by itself until it is cancelled.
    expect((await told).message).toContain('UNIMPLEMENTED: quorate: etcdserverpb.Watch/Watch is not served')
    await watcher.cancel()
  })
})
