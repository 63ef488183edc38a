import { launch } from './cluster.js'
import { resident } from './processes.js'
import type { Report } from './report.js'
import { median } from './statistics.js'

/** What five nodes that do nothing but watch each other hold in memory, as the kernel counts it. */
export async function memory(seconds: number): Promise<Report> {
  const cluster = await launch(5)
  let residentMb: number[]
  try {
    await cluster.pass(seconds * 1000)
    residentMb = cluster.nodes.map((id) => resident(cluster.pid(id) as number).bytes / 1e6)
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
