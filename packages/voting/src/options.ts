import { QuorateError, requireInteger, type AgreementOptions } from '@quorate/core'

/**
 * Returns `options.maxFaulty` when `algorithm` survives so many faulty nodes. Otherwise throws `QUORATE_TOO_MANY_FAULTS`, or
 * `QUORATE_INVALID_OPTION` for what is no count.
 */
export function requireMaxFaulty(
  algorithm: string,
  options: AgreementOptions,
  resilience: (n: number) => number,
): number {
  const { members, maxFaulty } = options
  requireInteger('maxFaulty', maxFaulty, { min: 0 })
  const n = members.length
  const most = resilience(n)
  if (maxFaulty <= most) return maxFaulty
  let enough = n
  while (enough <= 2 * maxFaulty && resilience(enough) < maxFaulty) enough++
  throw new QuorateError(
    'QUORATE_TOO_MANY_FAULTS',
    `maxFaulty is ${maxFaulty}; with n = ${n} members ${algorithm} allows f ≤ ${most}: lower it, or have ${enough} members`,
    { algorithm, n, maxFaulty, resilience: most },
  )
}

/** Returns `value` when it can be proposed: an integer that an `int` field carries. Otherwise throws `QUORATE_INVALID_OPTION`. */
export function requireValue(value: number): number {
  return requireInteger('proposed value', value, { min: -0x10_0000_0000_0000, max: 0xf_ffff_ffff_ffff })
}
