import type { NodeId } from '@quorate/core'
import { stripVTControlCharacters } from 'node:util'
import type { WriteStream } from 'node:tty'
import type { ProcessCluster } from '../processes/process-cluster.js'
import type { Paint } from '../status/table.js'
import { timelineLine, type DemoView } from './demo-view.js'
import type { NodeRow } from './node-table.js'

const refreshMs = 150
const answerMs = 1_000

/** The part of a terminal that is used. */
export type Terminal = Pick<WriteStream, 'write' | 'columns' | 'rows'>

/** The table below: what each node is asked, and how the answers look. */
export interface LiveTable<Status> {
  /** Asked of a node that runs and answers, again and again. `undefined`: there is no connection to it just now. */
  ask(cluster: ProcessCluster, id: NodeId, timeoutMs: number): Promise<Status> | undefined
  render(rows: readonly NodeRow<Status>[], paint: Paint): string
}

const hideCursor = '\u001B[?25l'
const showCursor = '\u001B[?25h'

/**
 * A timeline that grows upwards out of a table that is drawn again and again in its place below. The table is asked of the nodes
 * themselves.
 */
export class LiveView<Status> implements DemoView {
  readonly #terminal: Terminal
  readonly #paint: Paint
  readonly #table: LiveTable<Status>
  readonly #statuses = new Map<NodeId, Status>()
  readonly #asking = new Set<NodeId>()
  #asked: Promise<unknown> = Promise.resolve()
  #cluster: ProcessCluster | undefined
  #timer: NodeJS.Timeout | undefined
  /** How many lines of the table stand above the cursor. */
  #drawn = 0

  constructor(terminal: Terminal, paint: Paint, table: LiveTable<Status>) {
    this.#terminal = terminal
    this.#paint = paint
    this.#table = table
    // However this process ends, the cursor must come back.
    process.on('exit', this.#showCursor)
    terminal.write(hideCursor)
  }

  begin(cluster: ProcessCluster): void {
    this.#cluster = cluster
    this.#timer = setInterval(() => this.#refresh(), refreshMs)
    this.#refresh()
  }

  happened(atMs: number, says: string): void {
    this.#draw([this.#clipped(timelineLine(atMs, says))])
  }

  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asked
    this.#draw([])
    this.#cluster = undefined
    this.#showCursor()
    process.off('exit', this.#showCursor)
  }

  readonly #showCursor = (): void => {
    this.#terminal.write(showCursor)
  }

  #refresh(): void {
    const cluster = this.#cluster
    if (cluster === undefined) return
    for (const id of cluster.nodes) {
      if (cluster.state(id) === 'down') this.#statuses.delete(id)
      else if (cluster.state(id) === 'up' && !cluster.silent.includes(id) && !this.#asking.has(id)) {
        this.#asked = Promise.all([this.#asked, this.#ask(cluster, id)])
      }
    }
    this.#draw([])
  }

  async #ask(cluster: ProcessCluster, id: NodeId): Promise<void> {
    this.#asking.add(id)
    try {
      const status = await this.#table.ask(cluster, id, answerMs)
      if (status !== undefined && cluster.state(id) !== 'down') this.#statuses.set(id, status)
    } catch {
      // A node that is killed or stopped while it is asked does not answer; the table shows its process's state.
    } finally {
      this.#asking.delete(id)
    }
  }

  /** Writes lines above the table and the table anew, in one piece so that it does not flicker. */
  #draw(above: readonly string[]): void {
    const table = this.#lines()
    const back = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : ''
    this.#drawn = table.length
    this.#terminal.write(`${back}\r${[...above, ...table].map((line) => `${line}\u001B[K\n`).join('')}\u001B[J`)
  }

  #lines(): string[] {
    const cluster = this.#cluster
    if (cluster === undefined) return []
    const rows = cluster.nodes.map((id) => ({ id, state: cluster.state(id), status: this.#statuses.get(id) }))
    const legend = '0: just heard of; from 1 on taken for failed: silent, or gone (nobody listens)'
    const lines = [
      '',
      ...this.#table.render(rows, this.#paint).trimEnd().split('\n'),
      this.#paint('dim', this.#clipped(legend)),
    ]
    // More lines than the terminal has could not be drawn over again.
    return lines.slice(0, Math.max(1, this.#terminal.rows - 2)).map((line) => this.#fitted(line))
  }

  #clipped(text: string): string {
    const { columns } = this.#terminal
    return text.length < columns ? text : `${text.slice(0, columns - 2)}…`
  }

  /** A line that is wider than the terminal would wrap, and be counted as one: it loses its colours and its end. */
  #fitted(line: string): string {
    const text = stripVTControlCharacters(line)
    return text.length < this.#terminal.columns ? line : this.#clipped(text)
  }
}
