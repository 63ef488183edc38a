import { failureDetectorConformance } from '@quorate/conformance'
import { describe, it } from 'vitest'
import { phiAccrual, timeout } from '../src/index.js'

/** The suite of failure detectors, over so many seeds. */
export function conform(seeds: number): void {
  const options = { describe, it, seeds, nodes: [5, 2, 9] }
  failureDetectorConformance(timeout, options)
  failureDetectorConformance(phiAccrual, options)
}
