import { setTimeout as pass } from 'node:timers/promises'
import { resident, type Resident } from '../processes.js'
import type { Report } from '../report.js'
import { median } from '../statistics.js'
import { KvCluster } from './kv-cluster.js'
import { valueBytes } from './load.js'
import { writtenExactly } from './many-keys.js'
import { Scratch } from './scratch.js'
import { chosenTargets, targetFlags, targetTitle, type TargetChoice } from './targets.js'

export interface KvMemoryOptions extends TargetChoice {
  /** How long nodes rest before their memory is read. */
  readonly seconds: number
  readonly keys: number
}

/** What three nodes hold in memory at rest, empty and with many keys, as the kernel counts it. */
export async function kvMemory(options: KvMemoryOptions): Promise<Report> {
  const { seconds, keys } = options
  const targets = chosenTargets(options)
  const rows: (readonly string[])[] = []
  const data: Record<string, Readonly<Record<'empty' | 'filled', readonly Resident[]>>> = {}
  const scratch = new Scratch()
  try {
    for (const target of targets) {
      const cluster = await KvCluster.launch(target, scratch)
      const leader = await cluster.healthy()
      const read = async (): Promise<readonly Resident[]> => {
        await pass(seconds * 1000)
        return cluster.members.map(({ pid }) => resident(pid))
      }
      const empty = await read()
      const load = { clientPort: leader.clientPort, requests: keys, inFlight: 100, keys, valueBytes }
      await writtenExactly(load, leader, scratch)
      const filled = await read()
      await cluster.close({ asked: options.cpuProfile !== undefined })
      const title = targetTitle(target, options)
      rows.push([title, 'nothing', ...cells(empty)], [title, `${keys.toLocaleString('en')} keys`, ...cells(filled)])
      data[target.name] = { empty, filled }
      process.stderr.write(`bench: kv-memory, ${target.name} done\n`)
    }
  } finally {
    await scratch.close()
  }
  return {
    name: 'kv-memory',
    title: `Three nodes, ${seconds} s after the last request, values of ${valueBytes} bytes`,
    command: `npm run bench -- kv-memory --seconds ${seconds} --keys ${keys}${targetFlags(options)}`,
    columns: ['program', 'holds', 'resident, median', 'greatest', 'without mapped files, median'],
    rows,
    data: { seconds, keys, valueBytes, resident: data },
  }
}

function cells(nodes: readonly Resident[]): readonly string[] {
  const bytes = nodes.map((node) => node.bytes)
  const values = [median(bytes), Math.max(...bytes), median(nodes.map(({ anonymousBytes }) => anonymousBytes))]
  return values.map((value) => `${Math.round(value / 1e6).toLocaleString('en')} MB`)
}
