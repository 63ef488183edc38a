/**
 * An exhibit, not for use: one exchange of values by synchronised clocks, after which every node decides the smallest it knows.
 *
 * It claims what `flood-min` guarantees, with one round for any number of crashes. A node that crashes in the midst of its only
 * broadcast has told its value to some and not to others, and nobody passes it on: where that value is the smallest, they decide
 * differently.
 *
 * M. Fischer and N. Lynch, "A lower bound for the time to assure interactive consistency", Information Processing Letters 14(4),
 * 1982 (why f + 1 rounds are needed).
 */
import { defineAgreement, roundDurationMs } from '@quorate/core'
import { floodMin, FloodMin } from '../flood-min.js'
import { requireMaxFaulty } from '../options.js'

export const naiveFloodMin = defineAgreement({
  ...floodMin,
  name: 'naive-flood-min',
  counterexamples: [],
  worstCaseMessages: (n) => n * (n - 1),
  decidesWithinMs: ({ maxDelayMs }, { wallErrorMs }) => roundDurationMs(wallErrorMs, maxDelayMs) + wallErrorMs,
  create: (env, options) => {
    requireMaxFaulty('naive-flood-min', options, floodMin.resilience)
    return new FloodMin(env, options, 1)
  },
})
