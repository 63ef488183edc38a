// Run by `node --test`, of the package as it is published.
import { agreementConformance, stateMachineConformance } from '@quorate/conformance'
import { defineAgreement, messageCodec } from '@quorate/core'
import { describe, it } from 'node:test'

/** Everybody decides its own value: valid, and nothing else. */
class Own {
  decision = undefined
  constructor(env) {
    this.env = env
  }
  start() {}
  receive() {}
  timeout() {}
  propose(value) {
    this.decision = value
    this.env.indicate({ type: 'decide', value })
  }
  inspect() {
    return { decision: this.decision ?? null }
  }
}

const own = defineAgreement({
  name: 'own',
  family: 'rounds',
  synchrony: 'asynchronous',
  tolerates: [],
  resilience: () => 0,
  guarantees: ['validity', 'agreement'],
  counterexamples: [],
  decidesWithinMs: ({ maxDelayMs }) => maxDelayMs,
  codec: messageCodec({ none: {} }),
  create: (env) => new Own(env),
})

/** Counts commands. */
class Counting {
  appliedIndex = 0
  apply(firstIndex, commands) {
    this.appliedIndex = firstIndex + commands.length - 1
    return commands.map((_, place) => firstIndex + place)
  }
  snapshot() {
    return [Uint8Array.of(this.appliedIndex)]
  }
  restore(appliedIndex) {
    return { chunk: () => {}, finish: () => (this.appliedIndex = appliedIndex), abandon: () => {} }
  }
}

agreementConformance(own, { describe, it, nodes: 3, seeds: 10 })
stateMachineConformance(
  { name: 'counting', create: () => new Counting(), command: (random) => Uint8Array.of(random.integer(0, 9)) },
  { describe, it, seeds: 10 },
)
