import type { HostReport, Incarnation, PeerEvent } from '@quorate/core'
import type { FaultAction } from './fault-action.js'
import { TraceHash } from './trace-hash.js'
import type { TraceEntry } from './trace.js'

/** A node as the recorder needs it. */
interface Recorded {
  readonly index: number
  readonly self: Incarnation
}

/** What each kind of entry adds to the hash. */
const mark = {
  send: 1,
  deliver: 2,
  lose: 3,
  timeout: 4,
  durable: 5,
  start: 6,
  crash: 7,
  request: 8,
  indication: 9,
  report: 10,
  peer: 11,
  fault: 12,
  refuse: 13,
} as const

/** Enters everything that happens into the hash of the run and, as far as it is wanted, into the trace. */
export class Recorder {
  readonly #trueTime: () => number
  readonly #hash = new TraceHash()
  readonly #limit: number
  readonly #trace: TraceEntry[] = []

  /** Keeps the newest `limit` entries of the trace. */
  constructor(trueTime: () => number, limit: number) {
    this.#trueTime = trueTime
    this.#limit = limit
  }

  get hash(): string {
    return this.#hash.digest()
  }

  get trace(): readonly TraceEntry[] {
    return this.#trace.slice(-this.#limit)
  }

  message(
    type: 'send' | 'deliver' | 'lose',
    from: Incarnation,
    fromIndex: number,
    to: Recorded,
    channel: string,
    payload: Uint8Array,
  ): void {
    this.#hash.integer((mark[type] << 16) | (fromIndex << 8) | to.index)
    this.#hash.number(this.#trueTime())
    this.#hash.text(channel)
    this.#hash.bytes(payload)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type, from, to: to.self.id, channel, payload })
  }

  timeout(node: Recorded, path: string, timer: string): void {
    this.#mark(mark.timeout, node.index)
    this.#hash.text(path)
    this.#hash.text(timer)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'timeout', node: node.self.id, path, timer })
  }

  durable(node: Recorded): void {
    this.#mark(mark.durable, node.index)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'durable', node: node.self.id })
  }

  start(node: Recorded): void {
    this.#mark(mark.start, node.index)
    const { id, incarnation } = node.self
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'start', node: id, incarnation })
  }

  crash(node: Recorded): void {
    this.#mark(mark.crash, node.index)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'crash', node: node.self.id })
  }

  refuse(node: Recorded, reason: string): void {
    this.#mark(mark.refuse, node.index)
    this.#hash.text(reason)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'refuse', node: node.self.id, reason })
  }

  request(node: Recorded, what: string): void {
    this.#mark(mark.request, node.index)
    this.#hash.text(what)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'request', node: node.self.id, what })
  }

  peer(node: Recorded, event: PeerEvent): void {
    this.#mark(mark.peer, node.index)
    this.#hash.value(event)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'peer', node: node.self.id, event })
  }

  indication(node: Recorded, path: string, indication: unknown): void {
    this.#mark(mark.indication, node.index)
    this.#hash.text(path)
    this.#hash.value(indication)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'indication', node: node.self.id, path, indication })
  }

  report(node: Recorded, report: HostReport): void {
    this.#mark(mark.report, node.index)
    this.#hash.text(report.type)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'report', node: node.self.id, report })
  }

  fault(action: FaultAction): void {
    this.#mark(mark.fault, 0)
    this.#hash.value(action)
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'fault', action })
  }

  /** What a run found wrong: not part of the run itself, so not of its hash. */
  violation(property: string, what: string): void {
    if (this.#limit > 0) this.#keep({ at: this.#trueTime(), type: 'violation', property, what })
  }

  #mark(kind: number, index: number): void {
    this.#hash.integer((kind << 16) | (index << 8))
    this.#hash.number(this.#trueTime())
  }

  #keep(entry: TraceEntry): void {
    this.#trace.push(entry)
    if (this.#trace.length >= 2 * this.#limit) this.#trace.splice(0, this.#trace.length - this.#limit)
  }
}
