import type { EtcdOutput } from '@quorate/linearizability'
import type { History, Recorded, WorkloadName } from './history.js'
import type { Store, StoreInput } from './store-connection.js'

/** One client of one node, which waits for each answer; everything that it asks for is in the history. */
export class WorkloadClient {
  readonly node: string
  readonly #name: string
  readonly #workload: WorkloadName
  readonly #store: Store
  readonly #history: History
  #life = 0
  #marks = 0

  constructor(node: string, workload: WorkloadName, store: Store, history: History) {
    this.node = node
    this.#name = `${workload}-${node}`
    this.#workload = workload
    this.#store = store
    this.#history = history
  }

  /** A text that no other client and no other request has: put into what is written, it tells who wrote it. */
  mark(): string {
    return `<${this.#name}:${++this.#marks}>`
  }

  /** `mark` is in everything that the request puts. Resolves with `undefined` when it was not answered. */
  async ask(input: StoreInput, mark?: string): Promise<EtcdOutput | undefined> {
    const { operations, samples } = this.#history
    const callAt = this.#history.nowMs
    const recorded: Recorded = {
      workload: this.#workload,
      client: `${this.#name}.${this.#life}`,
      input,
      callAt,
      mark,
      outcome: 'unknown',
    }
    const answer = await this.#store.execute(input)
    const atMs = this.#history.nowMs
    samples.push({
      atMs,
      node: this.node,
      workload: this.#workload,
      outcome: answer.outcome,
      tookMs: atMs - callAt,
    })
    if (answer.outcome === 'ok') {
      operations.push(Object.assign(recorded, { outcome: 'ok', output: answer.output, returnAt: atMs }))
      return answer.output
    }
    this.#history.failed(`${input.type}: ${answer.reason}`)
    if (answer.outcome === 'unknown') {
      this.#life++
      // What reads only and was not answered tells nothing.
      if (mark !== undefined) operations.push(recorded)
    }
    return undefined
  }
}
