import type { ErrorCode } from '@quorate/core'
import { Worker } from 'node:worker_threads'
import type {
  RunTask,
  RunTaskResult,
  ShrinkTask,
  Shrunk,
  Task,
  TaskResult,
  ThreadMessage,
  ThreadSetup,
} from './task.js'

/** How a task ended, or, before any, that there is no algorithm to run. */
export type Ended<Result> =
  | { readonly type: 'done'; readonly result: Result }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** The run at `place` did not end in time, or, without one, the module while it was loaded. The thread was ended. */
  | { readonly type: 'blocked'; readonly place: number | undefined; readonly afterMs: number }
  /** The thread ended by itself during the run at `place`. */
  | { readonly type: 'died'; readonly place: number | undefined; readonly why: string }
  /** It was closed meanwhile. */
  | { readonly type: 'closed' }

/** A module is given at least so long to be loaded: much of that is not its own. */
const minLoadMs = 10_000

const entry = new URL('./worker.js', import.meta.url)
/** How often is looked whether a run still goes on. What counts is looks, not time: this process may have stood still itself. */
const lookMs = 200

/**
 * A thread with an algorithm in it, that carries out one task at a time. One that does not get on is ended, and the next task gets a new
 * one.
 */
export class CampaignThread {
  readonly #setup: Omit<ThreadSetup, 'progress'>
  readonly #runTimeoutMs: number
  readonly #onReady: () => void
  readonly #progress = new SharedArrayBuffer(8)
  #worker: Worker | undefined
  #ready = false
  #end: ((ended: Ended<TaskResult>) => void) | undefined

  constructor(setup: Omit<ThreadSetup, 'progress'>, runTimeoutMs: number, onReady: () => void = () => {}) {
    this.#setup = setup
    this.#runTimeoutMs = runTimeoutMs
    this.#onReady = onReady
  }

  get idle(): boolean {
    return this.#end === undefined
  }

  perform(task: RunTask): Promise<Ended<RunTaskResult>>
  perform(task: ShrinkTask): Promise<Ended<Shrunk>>
  perform(task: Task): Promise<Ended<TaskResult>> {
    if (!this.idle) throw new Error('a thread carries out one task at a time')
    const worker = (this.#worker ??= this.#start())
    return new Promise((resolve) => {
      const watchdog = this.#watch()
      this.#end = (ended) => {
        clearInterval(watchdog)
        this.#end = undefined
        resolve(ended)
      }
      worker.postMessage(task)
    })
  }

  async close(): Promise<void> {
    const worker = this.#forget()
    this.#end?.({ type: 'closed' })
    await worker?.terminate()
  }

  #start(): Worker {
    const shared = new Int32Array(this.#progress)
    shared.fill(0)
    this.#ready = false
    const setup: ThreadSetup = { ...this.#setup, progress: this.#progress }
    const worker = new Worker(entry, { workerData: setup, stdout: true })
    // Standard output is the campaign's own.
    worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk))
    worker.on('message', (message: ThreadMessage) => {
      if (worker !== this.#worker) return
      if (message.type !== 'ready') return this.#end?.(message)
      this.#ready = true
      this.#onReady()
    })
    const died = (why: string): void => {
      if (worker !== this.#worker) return
      const place = this.#place
      this.#forget()
      this.#end?.({ type: 'died', place, why })
    }
    worker.on('error', (error) => died(`it threw outside of every step, or ran out of memory: ${String(error)}`))
    worker.on('exit', () => died('it ended its thread'))
    return worker
  }

  /** Forgotten, it is not listened to. */
  #forget(): Worker | undefined {
    const worker = this.#worker
    this.#worker = undefined
    return worker
  }

  get #place(): number | undefined {
    return this.#ready ? Atomics.load(new Int32Array(this.#progress), 1) : undefined
  }

  #watch(): NodeJS.Timeout {
    const shared = new Int32Array(this.#progress)
    let begun = -1
    let stoodMs = 0
    return setInterval(() => {
      const now = Atomics.load(shared, 0)
      stoodMs = now === begun ? stoodMs + lookMs : 0
      begun = now
      if (stoodMs < (this.#ready ? this.#runTimeoutMs : Math.max(minLoadMs, this.#runTimeoutMs))) return
      const place = this.#place
      void this.#forget()?.terminate()
      this.#end?.({ type: 'blocked', place, afterMs: stoodMs })
    }, lookMs)
  }
}
