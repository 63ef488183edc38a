import { nodeIds } from '@quorate/simulation'
import type { Command } from 'commander'
import { dataJson, dataText } from '../demo/data/data-report.js'
import { dataTable, type DataStatus } from '../demo/data/data-table.js'
import { playData } from '../demo/data/play-data.js'
import { connectStore } from '../demo/data/store-client.js'
import { WriteHistory } from '../demo/data/write-history.js'
import { demonstrate, type DemoFlags, type Demonstration } from '../demo/demonstrate.js'
import { statusCommand } from '../demo/kept.js'
import type { ProcessCluster } from '../processes/process-cluster.js'
import { registerDemoElection } from './demo-election.js'
import { interruptible } from './interrupt.js'
import { stdoutPaint } from './stdout-paint.js'

const examples = `
Every node is a process of its own, "quorate start", on free ports of 127.0.0.1, and serves etcd's clients. Nothing of them
is left behind, however this command ends, unless --keep is given: then they run on in the background, and how to look at
them, with etcdctl too, and to end them is printed. How long no write was acknowledged is measured at the nodes that were
not hit, by a writer at each that waits for every answer. A write that failed, at its deadline or because its connection
was lost, may have been carried out; it is neither acknowledged nor lost.
Exit code 0: everything that was acknowledged was read back from every node, and all nodes hold the same; 1: not so, and
what is lost or differs is printed.`

/** `quorate demo`: real processes that keep data, and lose none of it when their leader fails. */
export function registerDemo(program: Command): void {
  const demo = program
    .command('demo')
    .summary('watch real processes lose their leader and no data')
    .description(
      'Starts three nodes in processes of their own, with writers at all of them. Their leader is lost to SIGKILL and started again, ' +
        'the next is paused by SIGSTOP for 3 s, the one then is stopped by SIGTERM and started again. At the end everything that was ' +
        'acknowledged is read back from every node.',
    )
    .option('--json', 'print one JSON object, at the end')
    .option('--keep', 'leave the nodes running')
    .addHelpText('after', examples)
    .action((flags: DemoFlags) => interruptible((signal) => dataDemo(flags, signal)))
  registerDemoElection(demo)
}

function dataDemo(flags: DemoFlags, signal: AbortSignal): Promise<void> {
  const nodes = nodeIds(3)
  const paint = stdoutPaint()
  const history = new WriteHistory(nodes)
  const demonstration: Demonstration<DataStatus> = {
    title: `quorate demo: ${nodes.length} nodes that keep data, each a process of its own`,
    cluster: { nodes },
    table: dataTable(history),
    play: async (cluster, view, paceMs) => {
      const clients = new Map(nodes.map((id) => [id, connectStore(cluster.clientUrl(id))]))
      try {
        const result = await playData(cluster, view, paceMs, { clients, history })
        return { well: result.holds, text: dataText(result, paint), json: dataJson(result), differs: result.differs }
      } finally {
        for (const client of clients.values()) client.close()
      }
    },
    kept: (cluster) => ({
      commands: [statusCommand(cluster), ...etcdctlCommands(cluster)],
      json: { clientEndpoints: clientEndpoints(cluster) },
    }),
  }
  return demonstrate(demonstration, flags, paint, signal)
}

function clientEndpoints(cluster: ProcessCluster): string[] {
  return cluster.nodes.map((id) => cluster.clientUrl(id))
}

function etcdctlCommands(cluster: ProcessCluster): string[] {
  const etcdctl = `etcdctl --endpoints ${clientEndpoints(cluster).join(',')}`
  return [`${etcdctl} endpoint status -w table`, `${etcdctl} get --prefix demo/ --limit 5`]
}
