import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface LifeEvent {
  readonly type: string
  readonly [name: string]: unknown
}

const pathOf = (script: string): string => fileURLToPath(new URL(script, import.meta.url))

/** Processes run what is built: builds it. */
export function build(): void {
  const folder = fileURLToPath(new URL('../..', import.meta.url))
  const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b'], { cwd: folder, stdio: 'inherit' })
}

/** A process that runs one of the scripts beside this file. */
export class Life {
  readonly events: LifeEvent[] = []
  readonly pid: number
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #ended: Promise<void>
  #wake: (() => void) | undefined

  /** With `limit`, what a shell's `ulimit` allows it. */
  constructor(script: 'life.mjs' | 'store-life.mjs', argv: readonly string[], limit?: string) {
    const command = [process.execPath, pathOf(script), ...argv]
    const [file = '', ...rest] =
      limit === undefined ? command : ['sh', '-c', `ulimit ${limit}; exec "$@"`, 'sh', ...command]
    this.#child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.pid = this.#child.pid ?? 0
    this.#lines = createInterface({ input: this.#child.stdout! })
    this.#lines.on('line', (line) => {
      this.events.push(JSON.parse(line) as LifeEvent)
      this.#wake?.()
    })
    this.#ended = new Promise((resolve) => this.#lines.on('close', resolve))
  }

  /** The first event for which `wanted` holds, or undefined when the process ends before. */
  async event(wanted: (event: LifeEvent) => boolean = () => true): Promise<LifeEvent | undefined> {
    for (;;) {
      const found = this.events.find(wanted)
      if (found !== undefined) return found
      let ended = false
      await Promise.race([
        new Promise<void>((resolve) => (this.#wake = resolve)),
        this.#ended.then(() => (ended = true)),
      ])
      if (ended) return this.events.find(wanted)
    }
  }

  /** Waits until it ends by itself, and returns all that it said. */
  async end(): Promise<readonly LifeEvent[]> {
    await this.#ended
    return this.events
  }

  /** Kills it at once and waits until all that it said is heard. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
