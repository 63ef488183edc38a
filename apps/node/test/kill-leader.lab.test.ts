/**
 * Leaders of real nodes killed under load. `QUORATE_KILLS` sets how many (20 by default).
 */
import { afterAll, describe, expect, it } from 'vitest'
import { checkNothingLost } from './support/check-nothing-lost.js'
import { Workbench } from './support/quorate.js'
import { StoreCluster } from './support/store-cluster.js'
import { WriteLoad } from './support/write-load.js'

const kills = Number(process.env['QUORATE_KILLS'] ?? 20)
const bench = new Workbench()
afterAll(() => bench.close())

describe('three nodes under load', () => {
  it(
    `lose no acknowledged write to ${kills} kills of their leader, nor then to a kill of all three at once`,
    { timeout: 120_000 + 5_000 * kills },
    async () => {
      const cluster = await StoreCluster.launch(bench)
      const clients = new Map(cluster.ids.map((id) => [id, cluster.client(id)]))
      const load = new WriteLoad()
      load.start(clients)
      try {
        for (let kill = 0; kill < kills; kill++) {
          const leader = await cluster.leader()
          await load.acknowledgedMore(20)
          await cluster.end(leader, 'SIGKILL')
          // The other two go on without it.
          await cluster.leader()
          await Promise.all([load.acknowledgedMore(20), cluster.start(leader).ready()])
        }
        await load.acknowledgedMore(20)
        await cluster.endAll('SIGKILL')
        for (const id of cluster.ids) cluster.start(id)
        await cluster.leader()
        await load.acknowledgedMore(20)
      } finally {
        await load.stop()
      }
      const { wrong, acknowledged } = await checkNothingLost(clients, [load])
      expect(wrong).toEqual([])
      expect(acknowledged).toBeGreaterThan(40 * kills)
      cluster.close()
    },
  )
})
