import type { NodeId } from '@quorate/core'
import type { RemoteStatus } from '../control/control-client.js'
import type { ProcessState } from '../run/observations.js'
import { renderTable, type Cell, type Paint } from '../status/table.js'

/** One node, as its process is known to be and as it last described itself. */
export interface NodeRow {
  readonly id: NodeId
  readonly state: ProcessState
  /** `undefined` until it has answered. */
  readonly status: RemoteStatus | undefined
}

/** The cluster as each node sees it, one line for each, with whom it suspects how strongly. */
export function clusterTable(rows: readonly NodeRow[], paint: Paint): string {
  const ids = rows.map(({ id }) => id)
  const head = ['NODE', 'ROLE', 'LEADER', 'DECIDED', ...ids.map((id, index) => (index === 0 ? `SUSPECTS ${id}` : id))]
  return renderTable([head, ...rows.map((row) => cells(row, ids).map(steady))], paint)
}

/** What is shown in place of the role of a process that has none. */
const processes: Readonly<Record<ProcessState, Cell>> = {
  up: { text: 'starting', style: 'dim' },
  paused: { text: 'stopped', style: 'yellow' },
  down: { text: 'killed', style: 'red' },
}

function cells({ id, state, status }: NodeRow, ids: readonly NodeId[]): readonly Cell[] {
  if (state === 'down' || status === undefined) {
    return [
      { text: id },
      processes[state],
      ...Array.from({ length: 2 + ids.length }, (): Cell => ({ text: '-', style: 'dim' })),
    ]
  }
  const { role, leader, votes } = status
  const decision = votes.findLast((vote) => vote.decision !== undefined)?.decision
  const peers = new Map(status.peers.map((peer) => [peer.id, peer]))
  const seen: Cell[] = [
    leader === undefined ? { text: 'none', style: 'yellow' } : { text: leader },
    { text: decision === undefined ? 'none' : String(decision) },
    ...ids.map((peer) => suspicionCell(peers.get(peer))),
  ]
  // What a stopped process said last is no news.
  if (state === 'paused')
    return [{ text: id }, processes.paused, ...seen.map(({ text }): Cell => ({ text, style: 'dim' }))]
  return [{ text: id }, roleCell(role), ...seen]
}

function roleCell(role: RemoteStatus['role']): Cell {
  if (role === 'follower') return { text: role }
  return { text: role, style: role === 'leader' ? 'green' : 'yellow' }
}

/** The widest that is shown in each column, so that a table drawn again keeps its shape. */
const widths = ['', 'candidate', '', '', 'silent']

function steady(cell: Cell, column: number): Cell {
  return { ...cell, text: cell.text.padEnd(widths[Math.min(column, widths.length - 1)]?.length ?? 0) }
}

/** Levels beyond the threshold say no more than the verdict does. */
function suspicionCell(peer: RemoteStatus['peers'][number] | undefined): Cell {
  if (peer === undefined) return { text: '·', style: 'dim' }
  if (peer.verdict !== undefined) return { text: peer.verdict, style: 'red' }
  const text = peer.suspicion.toFixed(2)
  return peer.suspicion >= 0.5 ? { text, style: 'yellow' } : { text, style: 'green' }
}
