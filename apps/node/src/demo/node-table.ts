import type { NodeId } from '@quorate/core'
import type { RemoteStatus } from '../control/control-client.js'
import type { ProcessState } from '../run/observations.js'
import { renderTable, type Cell, type Paint } from '../status/table.js'

/** What every demonstration shows of a node. */
export type NodeView = Pick<RemoteStatus, 'role' | 'leader' | 'peers'>

/** One node, as its process is known to be and as it last described itself. */
export interface NodeRow<Status> {
  readonly id: NodeId
  readonly state: ProcessState
  /** `undefined` until it has answered. */
  readonly status: Status | undefined
}

/** What one demonstration shows besides, between the leader and whom a node suspects. */
export interface Column<Status> {
  readonly head: string
  /** The widest that is shown, so that a table drawn again keeps its shape. */
  readonly width?: number
  readonly cell: (status: Status) => Cell
}

/** What stands in place of the role of a process that stands still or does not run. */
export type ProcessWords = Readonly<Record<'paused' | 'down', string>>

export interface NodeTableOptions<Status> {
  readonly columns: readonly Column<Status>[]
  readonly words: ProcessWords
  readonly paint: Paint
}

const roleWidth = 'candidate'.length
const suspicionWidth = 'silent'.length

/** The cluster as each node sees it, one line for each, with whom it suspects how strongly. */
export function nodeTable<Status extends NodeView>(
  rows: readonly NodeRow<Status>[],
  { columns, words, paint }: NodeTableOptions<Status>,
): string {
  const ids = rows.map(({ id }) => id)
  const suspects = ids.map((id, index) => (index === 0 ? `SUSPECTS ${id}` : id))
  const head = ['NODE', 'ROLE', 'LEADER', ...columns.map((column) => column.head), ...suspects]
  const widths = [0, roleWidth, 0, ...columns.map(({ width = 0 }) => width), ...ids.map(() => suspicionWidth)]
  const steady = (cell: Cell, index: number): Cell => ({ ...cell, text: cell.text.padEnd(widths[index] ?? 0) })
  return renderTable([head, ...rows.map((row) => cells(row, ids, columns, words).map(steady))], paint)
}

function cells<Status extends NodeView>(
  { id, state, status }: NodeRow<Status>,
  ids: readonly NodeId[],
  columns: readonly Column<Status>[],
  words: ProcessWords,
): readonly Cell[] {
  if (state === 'down' || status === undefined) {
    const unknown = Array.from({ length: 1 + columns.length + ids.length }, (): Cell => ({ text: '-', style: 'dim' }))
    return [{ text: id }, processCell(state, words), ...unknown]
  }
  const { role, leader } = status
  const peers = new Map(status.peers.map((peer) => [peer.id, peer]))
  const seen: Cell[] = [
    leader === undefined ? { text: 'none', style: 'yellow' } : { text: leader },
    ...columns.map(({ cell }) => cell(status)),
    ...ids.map((peer) => suspicionCell(peers.get(peer))),
  ]
  // What a process that stands still said last is no news.
  if (state === 'paused')
    return [{ text: id }, processCell(state, words), ...seen.map(({ text }): Cell => ({ text, style: 'dim' }))]
  return [{ text: id }, roleCell(role), ...seen]
}

function processCell(state: ProcessState, words: ProcessWords): Cell {
  if (state === 'up') return { text: 'starting', style: 'dim' }
  return { text: words[state], style: state === 'paused' ? 'yellow' : 'red' }
}

function roleCell(role: NodeView['role']): Cell {
  if (role === 'follower') return { text: role }
  return { text: role, style: role === 'leader' ? 'green' : 'yellow' }
}

/** Levels beyond the threshold say no more than the verdict does. */
function suspicionCell(peer: NodeView['peers'][number] | undefined): Cell {
  if (peer === undefined) return { text: '·', style: 'dim' }
  if (peer.verdict !== undefined) return { text: peer.verdict, style: 'red' }
  const text = peer.suspicion.toFixed(2)
  return peer.suspicion >= 0.5 ? { text, style: 'yellow' } : { text, style: 'green' }
}
