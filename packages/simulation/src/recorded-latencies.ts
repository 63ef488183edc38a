/**
 * Delays as they were measured, in few figures. A pair of nodes has its own usual delay, and each message takes that times its own factor: near
 * pairs stay near, and all have bad moments.
 */
export interface RecordedLatency {
  /** Where the figures come from, and how. */
  readonly source: string
  /** The longest delay of a message in one direction, in milliseconds. What was longer still is not in the figures. */
  readonly longestMs: number
  /** The median delays of the pairs, in milliseconds, at the quantiles 0, 1/100, 2/100 … 1. */
  readonly pairMs: readonly number[]
  /** A reading as a multiple of its pair's median, at the same quantiles. */
  readonly factors: readonly number[]
}

export const recordedLatencies = {
  seattle: {
    source:
      'Round-trip times between 99 personal computers across a continent, 7 of the 688 time slices of the Seattle data set (R. Zhu, B. Liu, ' +
      'D. Niu, Z. Li and H. Zhao, "Network latency estimation for personal devices", IEEE/ACM Transactions on Networking 25(2), 2017), halved; without ' +
      'the longest hundredth, and without pairs of fewer than four readings',
    longestMs: 1285,
    pairMs: [
      5, 5, 10, 10, 10, 15, 15, 15, 15, 20, 20, 20, 20, 20, 25, 25, 25, 25, 30, 30, 35, 35, 40, 40, 45, 50, 50, 50, 55,
      55, 60, 60, 65, 65, 65, 70, 70, 70, 75, 75, 75, 80, 80, 80, 85, 85, 85, 90, 90, 95, 95, 95, 100, 100, 105, 105,
      105, 110, 110, 115, 115, 120, 120, 125, 130, 135, 140, 140, 145, 150, 155, 160, 165, 170, 175, 180, 185, 195, 200,
      200, 205, 205, 205, 210, 210, 215, 215, 220, 220, 225, 230, 230, 235, 235, 240, 245, 255, 275, 310, 455, 1160,
    ],
    factors: [
      0.0103, 0.148, 0.234, 0.292, 0.333, 0.379, 0.417, 0.457, 0.5, 0.529, 0.574, 0.621, 0.667, 0.714, 0.75, 0.8, 0.833,
      0.86, 0.885, 0.905, 0.917, 0.929, 0.938, 0.947, 0.957, 0.974, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.02, 1.04, 1.07, 1.09, 1.11, 1.15, 1.18, 1.23,
      1.28, 1.33, 1.39, 1.47, 1.53, 1.62, 1.7, 1.8, 1.9, 2, 2.08, 2.2, 2.29, 2.41, 2.56, 2.71, 2.87, 3.05, 3.27, 3.5,
      3.83, 4.27, 4.82, 5.67, 6.82, 8.4, 10.8, 16, 195,
    ],
  },
} as const satisfies Readonly<Record<string, RecordedLatency>>

export type LatencyName = keyof typeof recordedLatencies

/** What a distribution has at `fraction`, from 0 to 1, of its quantiles, which are evenly spaced. */
export function quantile(quantiles: readonly number[], fraction: number): number {
  const place = fraction * (quantiles.length - 1)
  const below = Math.min(Math.floor(place), quantiles.length - 2)
  const [low, high] = [quantiles[below] as number, quantiles[below + 1] as number]
  return low + (place - below) * (high - low)
}
