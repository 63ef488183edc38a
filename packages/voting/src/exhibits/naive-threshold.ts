/**
 * An exhibit, not for use: the vote by acknowledgements as it suggests itself, without ballots.
 *
 * Every node tells all which value it holds. Who hears of a smaller one adopts it and tells all in turn, which is the
 * acknowledgement. A node that counts a majority for one value decides it.
 *
 * It claims that no two nodes decide differently. But having acknowledged a value does not keep a node from adopting a smaller one:
 * a majority holds 7 for a moment, which some node counts, then the 5 arrives that was on its way, a majority holds that, and
 * another node counts it.
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
import { majority, type Majority } from '../quorum/majority.js'

const codec = messageCodec({ holds: { value: 'int' } })
type Message = MessageOf<typeof codec>

class NaiveThreshold implements Agreement<Message> {
  decision: number | undefined
  readonly #env: Environment<Message, AgreementIndication>
  readonly #quorums: Majority
  /** Who told to hold, or to have held, each value: as many values as members at most. */
  readonly #holders = new Map<number, Set<NodeId>>()
  #value: number | undefined

  constructor(env: Environment<Message, AgreementIndication>, options: AgreementOptions) {
    this.#env = env
    this.#quorums = majority(requireMembers(options.members, env.self.id))
    requireMaxFaulty('naive-threshold', options, resilience)
  }

  start(): void {}

  propose(value: number): void {
    this.#adopt(requireValue(value))
  }

  receive(from: Incarnation, { value }: Message): void {
    let holders = this.#holders.get(value)
    if (holders === undefined) this.#holders.set(value, (holders = new Set()))
    holders.add(from.id)
    this.#adopt(value)
    if (this.decision !== undefined || !this.#quorums.isQuorum(holders)) return
    this.decision = value
    this.#env.indicate({ type: 'decide', value })
  }

  timeout(): void {}

  inspect(): Inspection {
    const holders = [...this.#holders].map(([value, ids]) => ({ value, ids: [...ids] }))
    return { value: this.#value ?? null, holders, decision: this.decision ?? null }
  }

  #adopt(value: number): void {
    if (this.#value !== undefined && value >= this.#value) return
    this.#value = value
    this.#env.send(this.#quorums.members, { type: 'holds', value })
  }
}

const resilience = (n: number): number => Math.floor((n - 1) / 2)

export const naiveThreshold = defineAgreement<Message>({
  name: 'naive-threshold',
  family: 'rounds',
  synchrony: 'asynchronous',
  tolerates: ['crash-stop', 'duplication', 'reordering'],
  resilience,
  guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
  counterexamples: [],
  codec,
  // The smallest value that is not lost passes from node to node, at worst through each that crashes on the way.
  decidesWithinMs: ({ members, maxDelayMs }) => (members.length + 1) * maxDelayMs,
  create: (env, options) => new NaiveThreshold(env, options),
})
