import { agreementConformance } from '@quorate/conformance'
import { describe, it } from 'vitest'
import { floodMin } from '../src/flood-min.js'
import { threshold } from '../src/threshold.js'

/** The suite of agreements on one value, over so many seeds. */
export function conform(seeds: number): void {
  const options = { describe, it, seeds, nodes: [5, 3, 4, 7, 2, 1] }
  agreementConformance(threshold, options)
  agreementConformance(floodMin, options)
}
