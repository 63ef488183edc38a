import type { ProcessCluster } from '../processes/process-cluster.js'

/** Shows a demonstration while it runs. */
export interface DemoView {
  /** The processes have been started: from now on there is something to look at. */
  begin(cluster: ProcessCluster): void
  /** Something happened, at so many milliseconds since the beginning. */
  happened(atMs: number, says: string): void
  /** Nothing more will; what the terminal shows stays. */
  end(): Promise<void>
}

export const silentView: DemoView = { begin: () => {}, happened: () => {}, end: () => Promise.resolve() }

/** One line for each thing that happens, for files and pipes. */
export function plainView(write: (text: string) => void): DemoView {
  return {
    begin: () => {},
    happened: (atMs, says) => write(`${timelineLine(atMs, says)}\n`),
    end: () => Promise.resolve(),
  }
}

export function timelineLine(atMs: number, says: string): string {
  return `${(atMs / 1_000).toFixed(1).padStart(6)} s  ${says}`
}
