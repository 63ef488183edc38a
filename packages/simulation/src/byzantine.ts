import { QuorateError, requireNumber, type NodeId, type Random } from '@quorate/core'
import type { CoverageMark } from './marks/coverage-marks.js'

/** How often a Byzantine node does what: the probability for each message that it sends. What is left out it does not do. */
export interface Misconduct {
  /** It sends a lie instead, the same to all who were to get the message. */
  readonly lies?: number
  /** It sends a lie instead, to each who was to get the message another. */
  readonly equivocates?: number
  /** It sends also what it once sent, to whomever it was sent; no more than once in a millisecond, lest answers to that multiply. */
  readonly replays?: number
  /** It sends nothing. */
  readonly silent?: number
}

/** What it says instead of a payload on a channel. Returns the payload where it has no lie to tell. */
export type ForgePayload = (channel: string, payload: Uint8Array, to: NodeId, random: Random) => Uint8Array

interface Sent {
  readonly channel: string
  readonly payload: Uint8Array
}

/** Which misconduct it was. */
export type Offence = 'lie' | 'equivocation' | 'replay' | 'silence'

export const offences = {
  lie: 'byzantine-lie',
  equivocation: 'byzantine-equivocation',
  replay: 'byzantine-replay',
  silence: 'byzantine-silence',
} as const satisfies Readonly<Record<Offence, CoverageMark>>

/**
 * Returns the misconduct when it consists of probabilities, otherwise throws `QUORATE_INVALID_OPTION`. Throws `QUORATE_NO_FORGE` for lies
 * where nothing tells any.
 */
export function requireMisconduct(conduct: Misconduct, forges: boolean): Misconduct {
  for (const name of ['lies', 'equivocates', 'replays', 'silent'] as const) {
    requireNumber(name, conduct[name] ?? 0, { min: 0, max: 1 })
  }
  if (forges || ((conduct.lies ?? 0) === 0 && (conduct.equivocates ?? 0) === 0)) return conduct
  throw new QuorateError(
    'QUORATE_NO_FORGE',
    'a Byzantine node is to lie, and nothing says how; give the algorithm a `forge`, or let it only replay and be silent',
  )
}

/** No more than the newest of what it sent is replayed. */
const remembered = 64

/** The mouth of a Byzantine node: what leaves it instead of what its algorithm says. */
export class Byzantine {
  readonly #conduct: Misconduct
  readonly #forge: ForgePayload
  readonly #random: Random
  readonly #committed: (offence: Offence) => void
  readonly #now: () => number
  #replaysFromMs = 0
  readonly #sent: Sent[] = []
  #next = 0
  /** What is sent to many is one array: so a lie to all is told once and repeated. */
  #told: { readonly truth: Uint8Array; readonly said: Uint8Array } | undefined

  constructor(
    conduct: Misconduct,
    forge: ForgePayload,
    random: Random,
    now: () => number,
    committed: (offence: Offence) => void,
  ) {
    this.#conduct = conduct
    this.#forge = forge
    this.#random = random
    this.#committed = committed
    this.#now = now
  }

  /** The messages that go out to `to` instead of this one. */
  say(to: NodeId, channel: string, payload: Uint8Array): readonly Sent[] {
    const { lies = 0, equivocates = 0, replays = 0, silent = 0 } = this.#conduct
    if (this.#does(silent, 'silence')) return []
    const said: Sent[] = []
    if (this.#sent.length > 0 && this.#now() >= this.#replaysFromMs && this.#does(replays, 'replay')) {
      said.push(this.#random.pick(this.#sent))
      this.#replaysFromMs = this.#now() + 1
    }
    if (this.#told?.truth !== payload) {
      const lie = this.#does(lies, 'lie') ? this.#forge(channel, payload, to, this.#random) : payload
      this.#told = { truth: payload, said: lie }
    }
    let own = this.#told.said
    if (own === payload && this.#does(equivocates, 'equivocation'))
      own = this.#forge(channel, payload, to, this.#random)
    const sent = { channel, payload: own }
    said.push(sent)
    this.#sent[this.#next++ % remembered] = sent
    return said
  }

  #does(probability: number, offence: Offence): boolean {
    if (probability === 0 || !this.#random.chance(probability)) return false
    this.#committed(offence)
    return true
  }
}
