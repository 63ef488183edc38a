/**
 * All faults of processes at random on three real nodes. `QUORATE_CHAOS_FAULTS` sets how many (6 by default, the worst), and
 * `QUORATE_CHAOS_LOG=1` tells of each as it happens.
 */
import { readFileSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { checkNothingLost } from './support/check-nothing-lost.js'
import { faultNames, strike } from './support/chaos.js'
import { Workbench } from './support/quorate.js'
import { StoreCluster } from './support/store-cluster.js'
import { WriteLoad } from './support/write-load.js'

const count = Number(process.env['QUORATE_CHAOS_FAULTS'] ?? 6)
/** After so many, the load ends for a while and everything is checked. */
const faultsPerCheck = 20
const talks = process.env['QUORATE_CHAOS_LOG'] === '1'
const bench = new Workbench()
afterAll(() => bench.close())

describe('three nodes under load', () => {
  it(
    `lose nothing to ${count} faults: nodes killed, paused and stopped, alone and together`,
    { timeout: 120_000 + 20_000 * count },
    async () => {
      const cluster = await StoreCluster.launch(bench)
      const clients = new Map(cluster.ids.map((id) => [id, cluster.client(id)]))
      const loads: WriteLoad[] = []
      for (let done = 0; done < count;) {
        // By turns writers that pause, and writers that do not.
        const load = new WriteLoad({ name: `load-${loads.length}`, pauseMs: loads.length % 2 === 0 ? 4 : 0 })
        loads.push(load)
        load.start(clients)
        try {
          for (const end = Math.min(count, done + faultsPerCheck); done < end; done++) {
            // Each kind in turn, then any.
            const fault = faultNames[done < faultNames.length ? done : randomInt(faultNames.length)] as string
            const recovered = await strike(fault, cluster, load, randomInt)
            if (talks) console.log(`${done + 1}. ${fault}: well after ${JSON.stringify(recovered)}`)
          }
        } finally {
          await load.stop()
        }
        const checked = await checkNothingLost(clients, loads)
        if (talks)
          console.log(
            JSON.stringify({ ...checked, failures: Object.fromEntries(load.failures), ...(await residentMb(cluster)) }),
          )
        expect(checked.wrong).toEqual([])
        expect(checked.acknowledged).toBeGreaterThan(20 * done)
      }
      cluster.close()
    },
  )
})

/** How much memory each node holds, in megabytes. */
async function residentMb(cluster: StoreCluster): Promise<Record<string, number>> {
  const entries = cluster.ids.map(async (id) => {
    const status = readFileSync(`/proc/${await cluster.pid(id)}/status`, 'utf8')
    return [id, Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
