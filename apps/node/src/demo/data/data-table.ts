import type { NodeId } from '@quorate/core'
import type { RemoteStatus } from '../../control/control-client.js'
import type { LiveTable } from '../live-view.js'
import { nodeTable, type Column } from '../node-table.js'
import type { WriteHistory } from './write-history.js'

export type DataStatus = RemoteStatus & {
  /** How many writes a second its writer has acknowledged. */
  readonly writesPerSecond: number
}

const columns: readonly Column<DataStatus>[] = [
  { head: 'TERM', cell: ({ term }) => ({ text: String(term.number) }) },
  { head: 'REVISION', cell: ({ replicated }) => ({ text: String(replicated?.revision ?? '-') }) },
  { head: 'WRITES/S', cell: ({ writesPerSecond }) => ({ text: String(writesPerSecond) }) },
]
const words = { paused: 'paused', down: 'down' } as const

/** What is watched of nodes that keep data: how far each has come, and how fast it serves its writer. */
export function dataTable(history: WriteHistory): LiveTable<DataStatus> {
  const withRate = async (status: Promise<RemoteStatus>, id: NodeId): Promise<DataStatus> => ({
    ...(await status),
    writesPerSecond: history.ratePerSecond(id, performance.now()),
  })
  return {
    ask: (cluster, id, timeoutMs) => {
      const status = cluster.client(id)?.status({ timeoutMs })
      return status && withRate(status, id)
    },
    render: (rows, paint) => nodeTable(rows, { columns, words, paint }),
  }
}
