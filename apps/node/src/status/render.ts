import type { RemoteStatus } from '../control/control-client.js'
import type { Answer } from './ask-cluster.js'
import { renderTable, type Cell, type Paint } from './table.js'

/**
 * The cluster as each node sees it: one line for each, with how far it has applied what is replicated, or else the last vote, and then who
 * suspects whom how strongly.
 */
export function renderStatus(answers: readonly Answer[], summary: string, agreed: boolean, paint: Paint): string {
  const replicates = answers.some((answer) => 'status' in answer && answer.status.replicated !== undefined)
  const last = replicates ? ['APPLIED', 'REVISION'] : ['LAST DECISION']
  const nodes = [
    ['NODE', 'ROLE', 'LEADER', 'TERM', 'UPTIME', ...last],
    ...answers.map((answer) => nodeRow(answer, replicates)),
  ]
  const ids = answers.map(({ id }) => id)
  const suspicions = [['SUSPICION OF', ...ids], ...answers.map((answer) => suspicionRow(answer, ids))]
  const verdict = paint(agreed ? 'green' : 'red', summary)
  return `${renderTable(nodes, paint)}\n${ids.length > 1 ? `${renderTable(suspicions, paint)}\n` : ''}${verdict}\n`
}

function nodeRow(answer: Answer, replicates: boolean): readonly (string | Cell)[] {
  if ('error' in answer)
    return [answer.id, { text: 'unreachable', style: 'red' }, '', '', '', { text: answer.error, style: 'dim' }]
  const { id, role, leader, term, uptimeMs } = answer.status
  return [
    id,
    role === 'leader' ? { text: role, style: 'green' } : role === 'candidate' ? { text: role, style: 'yellow' } : role,
    leader ?? { text: 'none', style: 'yellow' },
    term.id === '' ? String(term.number) : `${term.number} (${term.id})`,
    duration(uptimeMs),
    ...(replicates ? replicatedCells(answer.status) : [decisionCell(answer.status)]),
  ]
}

function replicatedCells({ replicated }: RemoteStatus): readonly (string | Cell)[] {
  if (replicated === undefined) return ['', '']
  const { appliedIndex, lastIndex, revision } = replicated
  const behind = lastIndex - appliedIndex
  return [
    behind > 0 ? { text: `${appliedIndex} of ${lastIndex}`, style: 'yellow' } : String(appliedIndex),
    revision === undefined ? '' : String(revision),
  ]
}

function decisionCell({ votes }: RemoteStatus): string | Cell {
  const decided = votes.findLast(({ decision }) => decision !== undefined)
  return decided === undefined ? { text: 'none', style: 'dim' } : `${decided.decision} in ${decided.vote}`
}

function suspicionRow(answer: Answer, ids: readonly string[]): readonly (string | Cell)[] {
  const by = `by ${answer.id}`
  if ('error' in answer) return [by, ...ids.map((): Cell => ({ text: '?', style: 'dim' }))]
  const peers = new Map(answer.status.peers.map((peer) => [peer.id, peer]))
  return [
    by,
    ...ids.map((id): Cell => {
      const peer = peers.get(id)
      if (peer === undefined) return { text: '-', style: 'dim' }
      const level = peer.suspicion.toFixed(2)
      return peer.verdict === undefined ? { text: level } : { text: `${peer.verdict} ${level}`, style: 'red' }
    }),
  ]
}

/** The two greatest units that it has: `3 d 4 h`, `12 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const from = parts.findIndex(([count]) => count > 0)
  if (from < 0) return '0 s'
  return parts
    .slice(from, from + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
