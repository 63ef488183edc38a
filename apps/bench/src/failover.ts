import { agreement, detection, launch, settled } from './cluster.js'
import type { Report } from './report.js'
import { median, spread } from './statistics.js'

/** Kills the leader of five nodes again and again: how long until all that live suspect it, and until all name the next. */
export async function failover(rounds: number): Promise<Report> {
  const cluster = await launch(5)
  const detected: number[] = []
  const agreed: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const leader = await settled(cluster)
      const sinceMs = cluster.nowMs
      await cluster.kill(leader)
      detected.push(await detection(cluster, leader, sinceMs))
      agreed.push(await agreement(cluster, sinceMs))
      cluster.start(leader)
    }
  } finally {
    await cluster.close()
  }
  return {
    name: 'failover',
    title: 'Five nodes, the leader killed (SIGKILL)',
    command: `npm run bench -- failover --rounds ${rounds}`,
    columns: ['until', 'kills', 'median', 'p90', 'p99', 'longest'],
    rows: [
      ['all live nodes suspect it', ...spread(detected)],
      ['all live nodes name the next', ...spread(agreed)],
    ],
    data: { rounds, detectedMs: median(detected), agreedMs: median(agreed), detected, agreed },
  }
}
