import { invalidOption, requireNumber, type Random } from '@quorate/core'
import { quantile, recordedLatencies, type LatencyName } from './recorded-latencies.js'
import type { Marks } from './marks/marks.js'

/** How all links behave at present. Probabilities are from 0 to 1. */
export interface LinkConditions {
  /** The shortest and longest time that a message takes, in milliseconds. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** The probability that a message is lost. */
  readonly loss: number
  /** The probability that a message is delivered twice. */
  readonly duplication: number
  /** The probability that a message takes up to ten times the longest delay. */
  readonly straggling: number
  /** The probability that one byte of a message changes on its way. */
  readonly corruption: number
  /** Whether messages between two nodes keep their order. */
  readonly ordered: boolean
  /**
   * How delays lie between the shortest and the longest: evenly, or as they were once recorded, shrunk or stretched so that the longest one
   * recorded becomes `maxDelayMs`.
   */
  readonly latency: 'uniform' | LatencyName
}

export const calmLinks: LinkConditions = {
  minDelayMs: 0.1,
  maxDelayMs: 1,
  loss: 0,
  duplication: 0,
  straggling: 0,
  corruption: 0,
  ordered: false,
  latency: 'uniform',
}

/** The links between all pairs of nodes, by index: which are cut, how long each message takes, what happens to it. */
export class Network {
  #conditions: LinkConditions = calmLinks
  readonly #random: Random
  readonly #marks: Marks
  readonly #nodes: number
  /** How many cuts strike each link, by `from * nodes + to`. */
  readonly #cut: Uint32Array
  readonly #lastArrival: Float64Array
  /** The probabilities that each node fails to send and to receive a message. */
  readonly #sendOmission: Float64Array
  readonly #receiveOmission: Float64Array

  constructor(nodes: number, conditions: Partial<LinkConditions>, random: Random, marks: Marks) {
    this.#nodes = nodes
    this.#marks = marks
    this.#random = random
    this.change(conditions)
    this.#cut = new Uint32Array(nodes * nodes)
    this.#lastArrival = new Float64Array(nodes * nodes)
    this.#sendOmission = new Float64Array(nodes)
    this.#receiveOmission = new Float64Array(nodes)
  }

  get conditions(): LinkConditions {
    return this.#conditions
  }

  /** Throws `QUORATE_INVALID_OPTION` for what is no probability or no delay. */
  change(conditions: Partial<LinkConditions>): void {
    const changed = { ...this.#conditions, ...conditions }
    for (const name of ['loss', 'duplication', 'straggling', 'corruption'] as const) {
      requireNumber(name, changed[name], { min: 0, max: 1 })
    }
    requireNumber('minDelayMs', changed.minDelayMs, { min: 0, max: 1e9 })
    requireNumber('maxDelayMs', changed.maxDelayMs, { min: changed.minDelayMs, max: 1e9 })
    if (changed.latency !== 'uniform' && !Object.hasOwn(recordedLatencies, changed.latency)) {
      throw invalidOption('latency', changed.latency, `uniform or ${Object.keys(recordedLatencies).join(', ')}`)
    }
    this.#conditions = changed
  }

  cut(from: number, to: number): void {
    const link = from * this.#nodes + to
    this.#cut[link] = (this.#cut[link] as number) + 1
  }

  mend(from: number, to: number): void {
    const link = from * this.#nodes + to
    this.#cut[link] = Math.max(0, (this.#cut[link] as number) - 1)
  }

  /** Throws `QUORATE_INVALID_OPTION` for what is no probability. */
  omit(node: number, sends: number, receives: number): void {
    this.#sendOmission[node] = requireNumber('sends', sends, { min: 0, max: 1 })
    this.#receiveOmission[node] = requireNumber('receives', receives, { min: 0, max: 1 })
  }

  healAll(): void {
    this.#cut.fill(0)
  }

  connected(from: number, to: number): boolean {
    return this.#cut[from * this.#nodes + to] === 0
  }

  lost(from: number, to: number): boolean {
    if (!this.connected(from, to)) this.#marks.add('message-cut-off')
    else if (this.#chance(this.#conditions.loss)) this.#marks.add('message-lost')
    else if (this.#chance(this.#sendOmission[from] as number)) this.#marks.add('send-omitted')
    else if (this.#chance(this.#receiveOmission[to] as number)) this.#marks.add('receive-omitted')
    else return false
    return true
  }

  duplicated(): boolean {
    return this.#chance(this.#conditions.duplication)
  }

  /** The payload as it will arrive: itself, or a copy with one byte changed. */
  transported(payload: Uint8Array): Uint8Array {
    const { corruption } = this.#conditions
    if (payload.length === 0 || !this.#chance(corruption)) return payload
    this.#marks.add('message-corrupted')
    const changed = payload.slice()
    const index = this.#random.integer(0, payload.length - 1)
    changed[index] = (changed[index] as number) ^ this.#random.integer(1, 255)
    return changed
  }

  /** When a message that leaves at `now` arrives. */
  arrival(from: number, to: number, now: number): number {
    const { minDelayMs, maxDelayMs, straggling, ordered, latency } = this.#conditions
    const share = latency === 'uniform' ? this.#random.fraction() : this.#recordedShare(latency, from, to)
    let delayMs = minDelayMs + share * (maxDelayMs - minDelayMs)
    if (this.#chance(straggling)) {
      delayMs += this.#random.fraction() * 10 * maxDelayMs
      this.#marks.add('message-straggled')
    }
    const at = now + delayMs
    const link = from * this.#nodes + to
    const last = this.#lastArrival[link] as number
    if (at >= last) return (this.#lastArrival[link] = at)
    if (ordered) return last
    this.#marks.add('message-overtaken')
    return at
  }

  /** A recorded delay, as a part of the longest one. Both directions of a link are as near as one of the recorded pairs. */
  #recordedShare(name: LatencyName, from: number, to: number): number {
    const { longestMs, pairMs, factors } = recordedLatencies[name]
    const near = this.#random.fork(`${name} ${Math.min(from, to)} ${Math.max(from, to)}`).fraction()
    const delayMs = quantile(pairMs, near) * quantile(factors, this.#random.fraction())
    return Math.min(delayMs, longestMs) / longestMs
  }

  /** What cannot happen costs no draw. */
  #chance(probability: number): boolean {
    return probability > 0 && this.#random.chance(probability)
  }
}
