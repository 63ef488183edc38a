import type { NodeId } from '@quorate/core'
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Guard } from './guard.js'

const program = fileURLToPath(new URL('../../bin/quorate.js', import.meta.url))

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** A program and what it is told. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  /** Variables beside those that this process has. */
  readonly env?: Readonly<Record<string, string>>
}

/** The command `quorate start` with these arguments. */
export function quorateStart(args: readonly string[]): Command {
  return { file: process.execPath, args: [program, 'start', ...args] }
}

/** A node as a process of its own, whose output goes to a file. */
export class NodeProcess {
  readonly id: NodeId
  readonly logFile: string
  readonly #command: Command
  readonly #guard: Guard
  #child: ChildProcess | undefined
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null })

  constructor(id: NodeId, command: Command, logFile: string, guard: Guard) {
    this.id = id
    this.logFile = logFile
    this.#command = command
    this.#guard = guard
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts it, again if it has ended. `onExit` is called when it ends, however it does. */
  start(onExit: (exit: Exit) => void): void {
    const log = openSync(this.logFile, 'a')
    // Detached, so that a Ctrl-C in the terminal reaches only the process that has them in its hands.
    const { file, args, env } = this.#command
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...withoutSettings(process.env), ...env },
    })
    closeSync(log)
    this.#child = child
    const { pid } = child
    if (pid !== undefined) this.#guard.started(pid)
    this.#exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        if (pid !== undefined) this.#guard.ended(pid)
        if (this.#child === child) this.#child = undefined
        resolve(exit)
        onExit(exit)
      }
      child.once('exit', (code, signal) => end({ code, signal }))
      child.once('error', () => end({ code: null, signal: null }))
    })
  }

  /** Sends it a signal; `SIGKILL` also ends one that is stopped. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child?.kill(signal)
  }

  /** Resolves once it does not run. */
  get exited(): Promise<Exit> {
    return this.#exited
  }

  /** Lets this process end while that one goes on. */
  unref(): void {
    this.#child?.unref()
  }

  /** The last lines of what it wrote; of log records their time, level and message. */
  logTail(lines = 5): readonly string[] {
    const file = openSync(this.logFile, 'r')
    try {
      const { size } = fstatSync(file)
      const bytes = Buffer.alloc(Math.min(size, 8_192))
      readSync(file, bytes, 0, bytes.length, size - bytes.length)
      return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).map(readable)
    } finally {
      closeSync(file)
    }
  }
}

function readable(line: string): string {
  try {
    const { time, level, msg, error } = JSON.parse(line) as Record<string, unknown>
    return `  ${String(time)} ${String(level)} ${String(msg)}${typeof error === 'string' ? `: ${error}` : ''}`
  } catch {
    // What is no record, such as a stack trace, is shown as it is.
    return `  ${line}`
  }
}

/** The environment without what would configure a node: these nodes are told everything by flags. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(ETCD|QUORATE)_/.test(name)))
}
