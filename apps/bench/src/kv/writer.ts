import { isQuorateError } from '@quorate/core'
import { setTimeout as pass } from 'node:timers/promises'
import { methods, putFrame } from './etcd-requests.js'
import type { KvMember } from './kv-member.js'

/** A write that has no answer by then is given up, and another begun. */
const deadlineMs = 100
/** From the beginning of a write that failed to the beginning of the next, at least. */
const retryMs = 5

/** What a writer knows of its writes. */
export interface Acknowledged {
  readonly key: string
  readonly atMs: number
}

/** Writes to one node in a closed loop, each time a key and a value that nobody wrote before, until it is stopped. */
export class Writer {
  readonly acknowledged: Acknowledged[] = []
  /** When each write ended that was refused or had no answer in time. What became of it is unknown. */
  readonly failedAtMs: number[] = []
  readonly #member: KvMember
  readonly #prefix: string
  #running: Promise<void> | undefined
  #stopped = false
  #written = 0

  constructor(member: KvMember, prefix: string) {
    this.#member = member
    this.#prefix = prefix
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const beganMs = performance.now()
      const key = `${this.#prefix}${this.#written++}`
      try {
        await this.#member.client.call(methods.put, putFrame(key, `value of ${key}`), deadlineMs)
        this.acknowledged.push({ key, atMs: performance.now() })
      } catch (error) {
        if (!isQuorateError(error, 'QUORATE_BENCH_CALL')) throw error
        this.failedAtMs.push(performance.now())
        await pass(Math.max(0, beganMs + retryMs - performance.now()))
      }
    }
  }
}

/** The longest time between two acknowledgements, of all that touch the time from `fromMs` to `untilMs`. Their order does not matter. */
export function longestGapMs(acknowledgedMs: readonly number[], fromMs: number, untilMs: number): number {
  const sorted = acknowledgedMs.toSorted((a, b) => a - b)
  const before = sorted.findLast((atMs) => atMs <= fromMs) ?? fromMs
  const after = sorted.find((atMs) => atMs >= untilMs) ?? untilMs
  const within = sorted.filter((atMs) => atMs > fromMs && atMs < untilMs)
  let longest = 0
  let last = before
  for (const atMs of [...within, after]) {
    longest = Math.max(longest, atMs - last)
    last = atMs
  }
  return longest
}
