import { seededRandom } from '@quorate/core'
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkloadClient } from './client.js'
import type { History, WorkloadName } from './history.js'
import type { Store } from './store-connection.js'
import { workloads } from './workloads.js'

/** Between two steps of a client, drawn anew each time: many clients would otherwise only measure how fast the machine is. */
const pauseMs = { min: 5, max: 45 } as const
/** After a step that was not answered. */
const failurePauseMs = 100

export interface LoadOptions {
  readonly seed: number
  readonly workloads: readonly WorkloadName[]
  readonly nodes: readonly string[]
  readonly history: History
  /** A connection of its own to the node for each client. */
  readonly connect: (node: string) => Store
}

/** A client of each workload at each node, which go on until they are stopped. */
export class Load {
  readonly #options: LoadOptions
  #running: Promise<unknown>[] = []
  #stopped = false

  constructor(options: LoadOptions) {
    this.#options = options
  }

  start(): void {
    const { nodes, workloads: names, seed, history, connect } = this.#options
    const random = seededRandom(seed)
    this.#running = nodes.flatMap((node) =>
      names.map(async (name) => {
        const drawn = random.fork(`${name} ${node}`)
        const step = workloads[name](new WorkloadClient(node, name, connect(node), history), drawn)
        while (!this.#stopped) {
          const answered = await step()
          await sleep(answered ? drawn.integer(pauseMs.min, pauseMs.max) : failurePauseMs)
        }
      }),
    )
    // What one of them rejects with is thrown by `stop`.
    for (const each of this.#running) each.catch(() => {})
  }

  /** Resolves once every client has heard of its last request. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }
}
