import type { ByTest } from '../mutant.js'

/** A test of the suite that an algorithm goes through in its package, or in the package of what stands on it. */
export function suite(test: string, inPackage?: string): ByTest {
  return { file: 'conformance.test.ts', test, ...(inPackage === undefined ? {} : { package: inPackage }) }
}
