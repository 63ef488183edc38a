import type { TransportTiming } from '../settings.js'

/**
 * How long to wait before the next attempt to connect, in milliseconds, after `failures` in a row, 1 or more. It doubles from the least
 * to the most, and is the most at once when the peer has `refused`: asking again soon will not change its mind. `fraction`,
 * uniform over [0, 1), takes up to half of it away, so that nodes that failed together do not come back together.
 */
export function reconnectDelayMs(
  failures: number,
  refused: boolean,
  { minReconnectDelayMs, maxReconnectDelayMs }: Required<TransportTiming>,
  fraction: number,
): number {
  let delayMs = refused ? maxReconnectDelayMs : minReconnectDelayMs
  for (let count = 1; count < failures && delayMs < maxReconnectDelayMs; count++) delayMs *= 2
  return Math.min(delayMs, maxReconnectDelayMs) * (1 - fraction / 2)
}
