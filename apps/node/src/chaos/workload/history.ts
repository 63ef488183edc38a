import type { EtcdOutput } from '@quorate/linearizability'
import type { StoreInput } from './store-connection.js'

export const workloadNames = ['register', 'append', 'transactions'] as const
export type WorkloadName = (typeof workloadNames)[number]

/** One request of a client, and what became of it. */
export interface Recorded {
  readonly workload: WorkloadName | 'final'
  /** A client's name, with a new number after each unknown outcome. */
  readonly client: string
  readonly input: StoreInput
  /** By this process's own clock, in milliseconds from the begin of the run. */
  readonly callAt: number
  /** What all that this request puts begins or ends with, and nothing that another one puts. */
  readonly mark: string | undefined
  outcome: 'ok' | 'unknown'
  output?: EtcdOutput
  returnAt?: number
}

/** When a request ended, and how: what the report draws. */
export interface Sample {
  readonly atMs: number
  readonly node: string
  readonly workload: WorkloadName
  readonly outcome: 'ok' | 'refused' | 'unknown'
  readonly tookMs: number
}

/** What all clients did, on one clock. */
export class History {
  readonly operations: Recorded[] = []
  readonly samples: Sample[] = []
  /** Which reasons failures had, and how often. */
  readonly failures = new Map<string, number>()
  readonly #startedMs = performance.now()

  get nowMs(): number {
    return performance.now() - this.#startedMs
  }

  failed(reason: string): void {
    // Numbers of ports and terms would make each its own.
    const kind = reason.replaceAll(/\d{2,}/g, '…').slice(0, 160)
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1)
  }
}

/** Whether an answer says that the request changed the store. */
export function changed({ input, output }: Recorded): boolean {
  if (output === undefined) return false
  if (input.type !== 'txn') return input.type === 'put'
  const done = output.succeeded === true ? input.success : input.failure
  return done.some(({ type }) => type === 'put')
}
