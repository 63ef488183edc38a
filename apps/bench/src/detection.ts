import { detection, launch, settled } from './cluster.js'
import type { Report } from './report.js'
import { median, spread } from './statistics.js'

/** Stops a node of five again and again, so that its connections stay open and only its silence tells. */
export async function silence(rounds: number): Promise<Report> {
  const cluster = await launch(5)
  const followers: number[] = []
  const leaders: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const leader = await settled(cluster)
      // Alternately a follower and the leader, so that both meet the same noise.
      const node = round % 2 === 0 ? (cluster.nodes.find((id) => id !== leader) as string) : leader
      const sinceMs = cluster.nowMs
      cluster.pause(node)
      const detectedMs = await detection(cluster, node, sinceMs)
      ;(node === leader ? leaders : followers).push(detectedMs)
      cluster.resume(node)
    }
  } finally {
    await cluster.close()
  }
  return {
    name: 'detection',
    title: 'Five nodes, one stopped (SIGSTOP), default contract: heartbeats every 100 ms, at most 1,000 ms of silence',
    command: `npm run bench -- detection --rounds ${rounds}`,
    columns: ['all live nodes suspect', 'stops', 'median', 'p90', 'p99', 'longest'],
    rows: [
      ['a follower', ...spread(followers)],
      ['the leader', ...spread(leaders)],
    ],
    data: { rounds, followerMs: median(followers), leaderMs: median(leaders), followers, leaders },
  }
}
