/**
 * An exhibit, not for use: the vote on the smallest value as it is often printed, run to the letter.
 *
 * Every node has a value. Nodes tell each other their values; who gets a smaller one than its own adopts it, acknowledges it to
 * the sender and tells the others in turn. A value that enough nodes hold is the decision; enough is all n of them.
 *
 * All values become the smallest, and no node ever decides. Acknowledgements come from those who adopt, and a node adopts nothing
 * from itself: whoever had the smallest value first gets n - 1 of the n that it waits for. Everyone else begins to count anew
 * with the adopted value, which hardly anybody is left to adopt. After ten seconds the nodes give up, undecided.
 *
 * It claims a decision, and that any minority may crash. What it lacks is repaired in two ways: in `flood-min` the end of the last
 * round decides, not a count; in `threshold` a majority is enough, counts its own voice and is bound by ballots.
 */
import {
  defineAgreement,
  messageCodec,
  requireMembers,
  type Agreement,
  type AgreementIndication,
  type AgreementOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
} from '@quorate/core'
import { requireMaxFaulty, requireValue } from '../options.js'

const codec = messageCodec({ value: { value: 'int' }, acknowledge: { value: 'int' } })
type Message = MessageOf<typeof codec>

/** How long the printed program waits for its decision. */
const limitMs = 10_000

class AsPrinted implements Agreement<Message> {
  decision: number | undefined
  readonly #env: Environment<Message, AgreementIndication>
  readonly #others: readonly NodeId[]
  #value: number | undefined
  /** Who acknowledged the present value. */
  #acknowledged = new Set<NodeId>()
  #gaveUp = false

  constructor(env: Environment<Message, AgreementIndication>, options: AgreementOptions) {
    const members = requireMembers(options.members, env.self.id)
    requireMaxFaulty('as-printed', options, resilience)
    this.#env = env
    this.#others = members.filter((id) => id !== env.self.id)
  }

  start(): void {
    this.#env.timer('limit', limitMs)
  }

  propose(value: number): void {
    this.#adopt(requireValue(value))
  }

  receive(from: Incarnation, { type, value }: Message): void {
    if (this.#gaveUp) return
    if (type === 'value') {
      if (this.#adopt(value)) this.#env.send(from.id, { type: 'acknowledge', value })
    } else if (value === this.#value) {
      this.#acknowledged.add(from.id)
      this.#decideIfHeld(value)
    }
  }

  timeout(): void {
    this.#gaveUp = this.decision === undefined
  }

  inspect(): Inspection {
    return {
      value: this.#value ?? null,
      acknowledged: [...this.#acknowledged],
      gaveUp: this.#gaveUp,
      decision: this.decision ?? null,
    }
  }

  /** Takes a smaller value, forgets what was acknowledged of the old one, and tells the others; returns whether it did. */
  #adopt(value: number): boolean {
    if (this.#value !== undefined && value >= this.#value) return false
    this.#value = value
    this.#acknowledged = new Set()
    this.#env.send(this.#others, { type: 'value', value })
    return true
  }

  #decideIfHeld(value: number): void {
    const enough = this.#others.length + 1
    // The mistake: its own holding the value is waited for, too, but never acknowledged.
    if (this.#acknowledged.size < enough || this.decision !== undefined) return
    this.decision = value
    this.#env.indicate({ type: 'decide', value })
  }
}

const resilience = (n: number): number => Math.floor((n - 1) / 2)

export const asPrinted = defineAgreement<Message>({
  name: 'as-printed',
  family: 'rounds',
  synchrony: 'asynchronous',
  tolerates: ['crash-stop'],
  resilience,
  guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
  counterexamples: [],
  codec,
  decidesWithinMs: () => limitMs,
  create: (env, options) => new AsPrinted(env, options),
})
