import { ProcessCluster, type ProcessClusterOptions } from '../processes/process-cluster.js'
import type { Paint } from '../status/table.js'
import { plainView, silentView, type DemoView } from './demo-view.js'
import { keptJson, keptText } from './kept.js'
import { LiveView, type LiveTable } from './live-view.js'

export interface DemoFlags {
  readonly json?: true
  readonly keep?: true
}

/** What a demonstration found, for people and for programs. */
export interface DemoOutcome {
  /** Whether all was as it has to be: the exit code. */
  readonly well: boolean
  readonly text: string
  readonly json: object
  /** What is wrong, in sentences, where the JSON only counts it. */
  readonly differs?: readonly string[]
}

export interface Demonstration<Status> {
  /** The first line. */
  readonly title: string
  readonly cluster: Pick<ProcessClusterOptions, 'nodes' | 'serveClients' | 'startArguments'>
  readonly table: LiveTable<Status>
  /** Plays it on a cluster that runs. `paceMs` is left between its scenes, for whoever watches. */
  readonly play: (cluster: ProcessCluster, view: DemoView, paceMs: number) => Promise<DemoOutcome>
  /** What is told of what --keep leaves running: commands that show it, and further data for programs. */
  readonly kept: (cluster: ProcessCluster) => { readonly commands: readonly string[]; readonly json?: object }
}

/** On a terminal scenes follow each other slowly enough to be watched. */
const terminalPaceMs = 1_500
const otherPaceMs = 100

/**
 * Runs a demonstration as the flags ask for it: as a live view on a terminal, as lines elsewhere, or silently with one JSON object at
 * its end. When it returns, nothing runs any more, or, with --keep, without this process.
 */
export async function demonstrate<Status>(
  demonstration: Demonstration<Status>,
  flags: DemoFlags,
  paint: Paint,
  signal: AbortSignal,
): Promise<void> {
  const json = flags.json === true
  const kept = flags.keep === true
  const live = !json && process.stdout.isTTY
  const write = (text: string): void => void process.stdout.write(text)
  if (!json) write(`${demonstration.title}\n`)
  const view = json ? silentView : live ? new LiveView(process.stdout, paint, demonstration.table) : plainView(write)
  let played: Played
  try {
    played = await launchAndPlay(demonstration, view, live ? terminalPaceMs : otherPaceMs, kept, signal)
  } finally {
    await view.end()
  }
  const { cluster, outcome } = played
  if (json) {
    for (const difference of outcome.differs ?? []) process.stderr.write(`quorate: differs: ${difference}\n`)
    write(
      `${JSON.stringify({ ...outcome.json, ...(kept && { ...keptJson(cluster), ...demonstration.kept(cluster).json }) })}\n`,
    )
  } else {
    write(`${outcome.text}\n${kept ? `${keptText(cluster, demonstration.kept(cluster).commands)}\n` : ''}`)
  }
  process.exitCode = outcome.well ? 0 : 1
}

interface Played {
  readonly cluster: ProcessCluster
  readonly outcome: DemoOutcome
}

async function launchAndPlay<Status>(
  { cluster: options, play }: Demonstration<Status>,
  view: DemoView,
  paceMs: number,
  keep: boolean,
  signal: AbortSignal,
): Promise<Played> {
  const cluster = await ProcessCluster.launch({ ...options, signal, onStarted: (started) => view.begin(started) })
  let kept = false
  try {
    const outcome = await play(cluster, view, paceMs)
    kept = keep
    return { cluster, outcome }
  } finally {
    if (kept) await cluster.detach()
    else await cluster.close()
  }
}
