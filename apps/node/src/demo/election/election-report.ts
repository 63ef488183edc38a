import { formatDuration } from '../../run/duration.js'
import { verdictLines } from '../../run/run-report.js'
import { plain, renderTable, type Paint } from '../../status/table.js'
import type { ElectionDemo } from './play-election.js'

/** What was measured and the formulas' verdict, for people. */
export function electionText(
  { faults, differs, agreement, logs, election, votes }: ElectionDemo,
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

export function electionJson({ nodes, faults, decisions, agreement, differs }: ElectionDemo): object {
  return { nodes, faults, decisions, agreement, differs }
}
