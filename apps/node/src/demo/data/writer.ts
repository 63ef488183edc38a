import { isQuorateError, type NodeId } from '@quorate/core'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreClient } from './store-client.js'
import { maxWrites, type WriteHistory } from './write-history.js'

/** A write that failed is followed by the next one at the earliest so long after it began. */
const retryMs = 5

/** Key and value of a writer's write: no other one has either. */
export function writeOf(node: NodeId, write: number): { readonly key: string; readonly value: string } {
  const number = String(write).padStart(6, '0')
  return { key: `demo/${node}/${number}`, value: `write ${number} of the writer at ${node}` }
}

/** The writer and the number of a key, if it is one of theirs. */
export function writerOf(key: string): { readonly node: NodeId; readonly write: number } | undefined {
  const [, node, number] = /^demo\/([^/]+)\/(\d{6})$/.exec(key) ?? []
  return node === undefined ? undefined : { node, write: Number(number) }
}

/** Writes to one node, one write after the other, each with a key and a value of its own. */
export class Writer {
  readonly #node: NodeId
  readonly #client: StoreClient
  readonly #history: WriteHistory
  readonly #nowMs: () => number
  #running: Promise<void> | undefined
  #stopped = false

  constructor(node: NodeId, client: StoreClient, history: WriteHistory, nowMs: () => number) {
    this.#node = node
    this.#client = client
    this.#history = history
    this.#nowMs = nowMs
  }

  start(): void {
    this.#running ??= this.#run()
    // What it rejects with is thrown by `stop`.
    this.#running.catch(() => {})
  }

  /** Resolves once the last write has ended, either way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let writes = 0; writes < maxWrites && !this.#stopped; writes++) {
      const begunMs = this.#nowMs()
      const write = this.#history.begin(this.#node)
      const { key, value } = writeOf(this.#node, write)
      try {
        await this.#client.put(key, value)
        this.#history.acknowledge(this.#node, write, begunMs, this.#nowMs())
      } catch (error) {
        if (!isQuorateError(error, 'QUORATE_REQUEST_FAILED')) throw error
        this.#history.fail(this.#node, this.#nowMs())
        await sleep(Math.max(0, begunMs + retryMs - this.#nowMs()))
      }
    }
  }
}
