import { QuorateError, requireNumber, type ForgeContext, type NodeId, type Random } from '@quorate/core'
import type { CoverageMark } from './marks/coverage-marks.js'
import type { Marks } from './marks/marks.js'
import type { ForgeBytes } from './simulation-options.js'

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

/** Whose conduct it is, and what it takes to lie. */
export interface Surroundings extends Omit<ForgeContext, 'to'> {
  readonly forge: ForgeBytes | undefined
  readonly random: Random
  readonly now: () => number
  readonly marks: Marks
}

interface Sent {
  readonly channel: string
  readonly payload: Uint8Array
}

/**
 * Returns the misconduct when it consists of probabilities, otherwise throws `QUORATE_INVALID_OPTION`. Throws `QUORATE_NO_FORGE` for lies
 * where nothing tells any.
 */
function requireMisconduct(conduct: Misconduct, forges: boolean): Misconduct {
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
  readonly #world: Surroundings
  readonly #sent: Sent[] = []
  #next = 0
  #replaysFromMs = 0
  /** What is sent to many is one array: so a lie to all is told once and repeated. */
  #told: { readonly truth: Uint8Array; readonly said: Uint8Array } | undefined

  /** Throws what `requireMisconduct` says. */
  constructor(conduct: Misconduct, world: Surroundings) {
    this.#conduct = requireMisconduct(conduct, world.forge !== undefined)
    this.#world = world
  }

  /** The messages that go out to `to` instead of this one. */
  say(to: NodeId, channel: string, payload: Uint8Array): readonly Sent[] {
    const { lies = 0, equivocates = 0, replays = 0, silent = 0 } = this.#conduct
    if (this.#does(silent, 'byzantine-silence')) return []
    const said: Sent[] = []
    if (this.#sent.length > 0 && this.#world.now() >= this.#replaysFromMs && this.#does(replays, 'byzantine-replay')) {
      said.push(this.#world.random.pick(this.#sent))
      this.#replaysFromMs = this.#world.now() + 1
    }
    if (this.#told?.truth !== payload) {
      const lie = this.#does(lies, 'byzantine-lie') ? this.#forged(to, channel, payload) : payload
      this.#told = { truth: payload, said: lie }
    }
    let own = this.#told.said
    if (own === payload && this.#does(equivocates, 'byzantine-equivocation')) own = this.#forged(to, channel, payload)
    const sent = { channel, payload: own }
    said.push(sent)
    this.#sent[this.#next++ % remembered] = sent
    return said
  }

  #forged(to: NodeId, channel: string, payload: Uint8Array): Uint8Array {
    const { self, members, forge, random } = this.#world
    return forge?.(channel, payload, random, { self, to, members }) ?? payload
  }

  #does(probability: number, mark: CoverageMark): boolean {
    if (probability === 0 || !this.#world.random.chance(probability)) return false
    this.#world.marks.add(mark)
    return true
  }
}
