import { readFileSync } from 'node:fs'
import { launch } from './cluster.js'
import type { Report } from './report.js'
import { median } from './statistics.js'

/** What five nodes that do nothing but watch each other hold in memory, as the kernel counts it. */
export async function memory(seconds: number): Promise<Report> {
  const cluster = await launch(5)
  let residentMb: number[]
  try {
    await cluster.pass(seconds * 1000)
    residentMb = cluster.nodes.map((id) => residentBytes(cluster.pid(id) as number) / 1e6)
  } finally {
    await cluster.close()
  }
  return {
    name: 'memory',
    title: `Five nodes at rest for ${seconds} s`,
    command: `npm run bench -- memory --seconds ${seconds}`,
    columns: ['resident, median', 'greatest'],
    rows: [[median(residentMb), Math.max(...residentMb)].map((mb) => `${mb.toFixed(0)} MB`)],
    data: { seconds, residentMb },
  }
}

/** Linux only: other systems have no `/proc`. */
function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/status does not say how much is resident`)
  return Number(match[1]) * 1024
}
