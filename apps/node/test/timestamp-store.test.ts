import { afterAll, describe, expect, it } from 'vitest'
import { checkNothingLost } from './support/check-nothing-lost.js'
import { Workbench } from './support/quorate.js'
import { StoreCluster } from './support/store-cluster.js'
import { WriteLoad } from './support/write-load.js'

const bench = new Workbench()
afterAll(() => bench.close())

describe('a store on the election by timestamp, on three real nodes under load', () => {
  it('loses no acknowledged write to a kill of its leader, which comes back', { timeout: 120_000 }, async () => {
    const cluster = await StoreCluster.launch(bench, { more: ['--election', 'timestamp'] })
    const clients = new Map(cluster.ids.map((id) => [id, cluster.client(id)]))
    const load = new WriteLoad()
    load.start(clients)
    try {
      const leader = await cluster.leader()
      await load.acknowledgedMore(20)
      await cluster.end(leader, 'SIGKILL')
      // The other two go on without it.
      await cluster.leader()
      await Promise.all([load.acknowledgedMore(20), cluster.start(leader).ready()])
    } finally {
      await load.stop()
    }
    const { wrong, acknowledged } = await checkNothingLost(clients, [load])
    expect(wrong).toEqual([])
    expect(acknowledged).toBeGreaterThan(40)
    cluster.close()
  })
})
