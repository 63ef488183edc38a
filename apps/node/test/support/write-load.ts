import type { ServiceError } from '@grpc/grpc-js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EtcdClient } from './etcd-client.js'

/** A write that was acknowledged. */
export interface Acknowledged {
  readonly key: string
  readonly value: string
  /** The revision that its answer states. */
  readonly revision: number
}

export interface WriteLoadOptions {
  /** Writers at each node. Each waits for every answer. */
  readonly writersPerNode?: number
  /** The longest pause of a writer between two writes, in milliseconds; drawn anew each time. */
  readonly pauseMs?: number
  readonly timeoutMs?: number
  /** Tells loads on the same cluster apart. */
  readonly name?: string
  readonly valueBytes?: number
}

/** Every so many writes of a writer one goes to the key that the writer writes again and again: its values are in the history only. */
const registerEvery = 8
/** Without it, clients of a node that is down would keep the machine busy that its restart needs. */
const failurePauseMs = 20
/** At each node. */
const readEveryMs = 20
const maxReads = 200
/** What a client of a node that fails may hear: that it is gone or cannot serve, and that the client's own time is up. */
const expectedFailures = [/^14 /, /^4 /]

/** Writers at all nodes, and what became of what they wrote. */
export class WriteLoad {
  readonly acknowledged: Acknowledged[] = []
  /** Every value that was ever written to a key, acknowledged or not. */
  readonly written = new Map<string, Set<string>>()
  /** How often which failure was heard. */
  readonly failures = new Map<string, number>()
  /** What no client may ever see, in sentences. */
  readonly anomalies: string[] = []
  readonly #options: Required<WriteLoadOptions>
  #writers: Promise<unknown>[] = []
  #running = false
  /** The highest revision that any acknowledgement has stated. */
  #highest = 0

  constructor(options: WriteLoadOptions = {}) {
    this.#options = { writersPerNode: 4, pauseMs: 4, timeoutMs: 3_000, name: 'load', valueBytes: 0, ...options }
  }

  start(clients: ReadonlyMap<string, EtcdClient>): void {
    this.#running = true
    const { writersPerNode } = this.#options
    for (const [id, client] of clients) {
      for (let writer = 0; writer < writersPerNode; writer++) {
        const name = `${this.#options.name}/${id}/${writer}`
        this.#writers.push(this.#write(name, client))
      }
      this.#writers.push(this.#read(id, client))
    }
  }

  /** Lets the writers hear their last answers, and ends. */
  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#writers)
    this.#writers = []
  }

  /** Resolves once so many more writes were acknowledged than now. */
  async acknowledgedMore(count: number): Promise<void> {
    const goal = this.acknowledged.length + count
    while (this.acknowledged.length < goal) await sleep(2)
  }

  async #write(writer: string, client: EtcdClient): Promise<void> {
    for (let sequence = 0; this.#running; sequence++) {
      const key = sequence % registerEvery === 0 ? `${writer}/register` : `${writer}/${sequence}`
      const value = `<${writer}:${sequence}>`.padEnd(this.#options.valueBytes, '.')
      const values = this.written.get(key)
      if (values === undefined) this.written.set(key, new Set([value]))
      else values.add(value)
      const highestBefore = this.#highest
      try {
        const revision = await client.put(key, value, this.#options.timeoutMs)
        // What was acknowledged before this write began came before it.
        if (revision <= highestBefore)
          this.anomalies.push(`${value} got revision ${revision}, although ${highestBefore} was known before it began`)
        this.#highest = Math.max(this.#highest, revision)
        this.acknowledged.push({ key, value, revision })
        await sleep(Math.random() * this.#options.pauseMs)
      } catch (error) {
        this.#failed('put', error as ServiceError)
        await sleep(failurePauseMs)
      }
    }
  }

  /**
   * Reads linearizably all the time, whether earlier reads were answered or not: a leader that was paused finds reads that were asked for when others
   * had gone on without it. No answer may be older than what was acknowledged before it was asked for.
   */
  async #read(id: string, client: EtcdClient): Promise<void> {
    const asked = new Set<Promise<void>>()
    while (this.#running) {
      await sleep(readEveryMs)
      if (asked.size >= maxReads) continue
      const read = this.#readOnce(id, client).finally(() => asked.delete(read))
      asked.add(read)
    }
    await Promise.all(asked)
  }

  async #readOnce(id: string, client: EtcdClient): Promise<void> {
    const highestBefore = this.#highest
    const { name, timeoutMs } = this.#options
    try {
      const { revision } = await client.read(`${name}/${id}/0/register`, { timeoutMs })
      if (revision < highestBefore)
        this.anomalies.push(`${id} read at revision ${revision}, although ${highestBefore} had been acknowledged`)
    } catch (error) {
      this.#failed('read', error as ServiceError)
    }
  }

  #failed(what: string, { code, details }: ServiceError): void {
    const failure = `${code} ${details}`
    const kind = `${what}: ${failure.replaceAll(/\d{2,}/g, '…')}`
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1)
    if (!expectedFailures.some((expected) => expected.test(failure)))
      this.anomalies.push(`a ${what} failed with ${failure}`)
  }
}
