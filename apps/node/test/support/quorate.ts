import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/quorate.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export type LogLine = { readonly level: string; readonly msg: string; readonly [key: string]: unknown }

/** A `quorate` that runs. */
export class Quorate {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #lookers = new Set<() => void>()
  #stdout = ''
  #stderr = ''
  #running = true

  /** `within`: a command that runs what follows it, as `ip netns exec` does. */
  constructor(
    args: readonly string[],
    { env = {}, cwd, within = [] }: { env?: Record<string, string>; cwd?: string; within?: readonly string[] } = {},
  ) {
    const [command, ...rest] = [...within, process.execPath, program, ...args] as [string, ...string[]]
    const inherited = Object.entries(process.env).filter(([name]) => !/^(ETCD|QUORATE)_/.test(name))
    this.#child = spawn(command, rest, {
      env: { ...Object.fromEntries(inherited), ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (this.#stdout += chunk))
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk
      this.#look()
    })
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        this.#running = false
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr })
        this.#look()
      })
    })
  }

  /** The lines of its log that are there so far. */
  get log(): readonly LogLine[] {
    const lines = this.#stderr.split('\n').slice(0, -1)
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine)
  }

  /** The first line of its log that matches; rejects when it ends without any. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.log.find(matches)
        if (found === undefined && this.#running) return
        stop()
        if (found === undefined) reject(new Error(`it ended before it logged that:\n${this.#stderr}`))
        else resolve(found)
      }
      const stop = this.onChange(look)
      look()
    })
  }

  ready(): Promise<LogLine> {
    return this.logged(({ msg }) => msg.endsWith('is ready'))
  }

  /** Whom its log says that it follows now. */
  get leader(): string | undefined {
    return this.log.findLast(({ type }) => type === 'leader-changed')?.['leader'] as string | undefined
  }

  /** Calls `look` whenever it has logged something or ended; returns how to stop that. */
  onChange(look: () => void): () => void {
    this.#lookers.add(look)
    return () => this.#lookers.delete(look)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #look(): void {
    for (const look of [...this.#lookers]) look()
  }
}

/** Whom all these nodes follow, once it is the same one and among `candidates`. */
export function agreedLeader(nodes: readonly Quorate[], candidates: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const look = (): void => {
      const [leader, ...different] = new Set(nodes.map((node) => node.leader))
      if (leader === undefined || different.length > 0 || !candidates.includes(leader)) return
      for (const stop of stops) stop()
      resolve(leader)
    }
    const stops = nodes.map((node) => node.onChange(look))
    look()
  })
}

/** Processes and a folder for one file of tests, and their end. */
export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'quorate-test-'))
  readonly #started: Quorate[] = []

  /** Runs a command that goes on until it is ended. A node serves clients on a port of its own: others run beside it. */
  start(args: readonly string[], options?: ConstructorParameters<typeof Quorate>[1]): Quorate {
    const usual = args[0] === 'start' && !args.some((arg) => /^--?(election|listen-client-urls)\b/.test(arg))
    const quorate = new Quorate(
      usual ? ['start', '--listen-client-urls', 'http://127.0.0.1:0', ...args.slice(1)] : args,
      options,
    )
    this.#started.push(quorate)
    return quorate
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options?: ConstructorParameters<typeof Quorate>[1]): Promise<Ended> {
    return this.start(args, options).ended
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** Ends what still runs. */
  async endAll(): Promise<void> {
    for (const quorate of this.#started) quorate.kill('SIGKILL')
    await Promise.all(this.#started.splice(0).map(({ ended }) => ended))
  }

  async close(): Promise<void> {
    await this.endAll()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** `--initial-cluster` of nodes n1, n2, … at these ports. */
export function clusterAt(ports: readonly number[], scheme = 'http'): string {
  return ports.map((port, index) => `n${index + 1}=${scheme}://127.0.0.1:${port}`).join(',')
}
