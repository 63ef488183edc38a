import { QuorateError } from '@quorate/core'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { getFrame, methods, readFound, readStatus, statusFrame, type Found, type Status } from './etcd-requests.js'
import { GrpcClient } from './grpc-client.js'
import type { Scratch } from './scratch.js'

/** A healthy node answers these questions at once; one that does not is asked again. */
const deadlineMs = 1_000

/** One node of a measured cluster: its process, and a connection to its client port. */
export class KvMember {
  readonly name: string
  readonly clientPort: number
  readonly client: GrpcClient
  readonly #command: readonly [string, ...string[]]
  readonly #logFile: string
  readonly #scratch: Scratch
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(
    name: string,
    clientPort: number,
    command: readonly [string, ...string[]],
    logFile: string,
    scratch: Scratch,
  ) {
    this.name = name
    this.clientPort = clientPort
    this.client = new GrpcClient(`http://127.0.0.1:${clientPort}`)
    this.#command = command
    this.#logFile = logFile
    this.#scratch = scratch
  }

  /** Starts it, again if it has ended. */
  start(): void {
    const log = openSync(this.#logFile, 'a')
    const [program, ...args] = this.#command
    const child = this.#scratch.spawn(program, args, ['ignore', log, log], withoutSettings(process.env))
    closeSync(log)
    this.#child = child
    this.#exited = new Promise((resolve) => {
      const end = (): void => {
        if (this.#child === child) this.#child = undefined
        resolve()
      }
      child.once('exit', end)
      child.once('error', end)
    })
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child?.kill(signal)
  }

  /** Resolves once it does not run. */
  get exited(): Promise<void> {
    return this.#exited
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  /** Throws `QUORATE_BENCH_NODE`, with what it said last, when it does not run. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid !== undefined) return pid
    const log = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
    throw new QuorateError(
      'QUORATE_BENCH_NODE',
      `${this.name} does not run: ${this.#command.join(' ')}\nIts log ends:\n${log}`,
      { node: this.name },
    )
  }

  async status(): Promise<Status> {
    return readStatus(await this.client.call(methods.status, statusFrame, deadlineMs))
  }

  /** A linearizable read of one key. */
  async get(key: string): Promise<Found> {
    return readFound(await this.client.call(methods.range, getFrame(key), deadlineMs))
  }
}

/** The environment without what would configure a node: these nodes are told everything by flags. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(ETCD|QUORATE)_/.test(name)))
}
