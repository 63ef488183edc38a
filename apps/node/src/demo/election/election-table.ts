import type { RemoteStatus } from '../../control/control-client.js'
import type { Paint } from '../../status/table.js'
import type { LiveTable } from '../live-view.js'
import { nodeTable, type Column, type NodeRow } from '../node-table.js'

const columns: readonly Column<RemoteStatus>[] = [
  {
    head: 'DECIDED',
    cell: ({ votes }) => {
      const decision = votes.findLast((vote) => vote.decision !== undefined)?.decision
      return { text: decision === undefined ? 'none' : String(decision) }
    },
  },
]
const words = { paused: 'stopped', down: 'killed' } as const

/** What is watched of an election: whom each node names and suspects, and what it decided last. */
export const electionTable: LiveTable<RemoteStatus> = {
  ask: (cluster, id, timeoutMs) => cluster.client(id)?.status({ timeoutMs }),
  render: (rows: readonly NodeRow<RemoteStatus>[], paint: Paint) => nodeTable(rows, { columns, words, paint }),
}
