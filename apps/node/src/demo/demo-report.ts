import type { ProcessCluster } from '../processes/process-cluster.js'
import { formatDuration } from '../run/duration.js'
import { verdictLines } from '../run/run-report.js'
import { plain, renderTable, type Paint } from '../status/table.js'
import type { DemoResult } from './play.js'

/** What was measured and the formulas' verdict, for people. */
export function demoText(
  { faults, differs, agreement, logs, election, votes }: DemoResult,
  paint: Paint = plain,
): string {
  const head = ['FAULT', 'SUSPECTED BY ALL', 'AGREED ON A LEADER', 'GOT BACK']
  const rows = faults.map(({ fault, node, role, detectedMs, agreedMs, leader, recoveredMs }) => [
    `${node}, ${role}, ${fault === 'kill' ? 'killed' : 'stopped'}`,
    `after ${formatDuration(detectedMs)}`,
    agreedMs === 0 ? `on ${leader} throughout` : `on ${leader} after ${formatDuration(agreedMs)}`,
    `in ${formatDuration(recoveredMs)}`,
  ])
  const measured = renderTable([head, ...rows], paint).trimEnd()
  const lines = rows.length === 0 ? [] : ['', measured]
  const statements = [
    ...election.map((each) => ({ ...each, about: `leader, ${each.about}` })),
    ...votes.flatMap((vote, index) => vote.map((each) => ({ ...each, about: `vote ${index + 1}, ${each.about}` }))),
  ]
  lines.push('', ...verdictLines(statements, differs, paint))
  if (logs !== undefined) lines.push('', logs)
  lines.push('', agreement ? 'All that had to agree agreed.' : 'Not all agreed.')
  return lines.join('\n')
}

export function demoJson({ nodes, faults, decisions, agreement, differs }: DemoResult): object {
  return { nodes, faults, decisions, agreement, differs }
}

/** What is kept running, as data. */
export function keptJson(cluster: ProcessCluster): object {
  return {
    endpoints: cluster.nodes.map((id) => cluster.url(id)),
    pids: cluster.nodes.map((id) => cluster.pid(id)),
    folder: cluster.folder,
  }
}

/** How to look at what is kept running, and how to end it. */
export function keptText(cluster: ProcessCluster): string {
  const endpoints = cluster.nodes.map((id) => cluster.url(id)).join(',')
  const pids = cluster.nodes.flatMap((id) => cluster.pid(id) ?? [])
  return [
    '',
    'The nodes keep running. To look at them:',
    `  npx quorate status --endpoints ${endpoints}`,
    `  tail -f ${cluster.folder}/*.log`,
    'To end them and remove what they stored:',
    `  kill ${pids.join(' ')} && sleep 3 && rm -r ${cluster.folder}`,
  ].join('\n')
}
