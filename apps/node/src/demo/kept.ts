import type { ProcessCluster } from '../processes/process-cluster.js'

/** What is kept running, as data. */
export function keptJson(cluster: ProcessCluster): object {
  return {
    endpoints: cluster.nodes.map((id) => cluster.url(id)),
    pids: cluster.nodes.map((id) => cluster.pid(id)),
    folder: cluster.folder,
  }
}

/** How to look at what is kept running, by these commands and its logs, and how to end it. */
export function keptText(cluster: ProcessCluster, commands: readonly string[]): string {
  const pids = cluster.nodes.flatMap((id) => cluster.pid(id) ?? [])
  return [
    '',
    'The nodes keep running. To look at them:',
    ...commands.map((command) => `  ${command}`),
    `  tail -f ${cluster.folder}/*.log`,
    'To end them and remove what they stored:',
    `  kill ${pids.join(' ')} && sleep 3 && rm -r ${cluster.folder}`,
  ].join('\n')
}

/** How to ask the nodes for what each sees. */
export function statusCommand(cluster: ProcessCluster): string {
  return `npx quorate status --endpoints ${cluster.nodes.map((id) => cluster.url(id)).join(',')}`
}
