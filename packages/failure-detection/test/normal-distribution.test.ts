import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { complementaryErrorFunction, deviationOfPhi, normalTail, phiOfDeviation } from '../src/index.js'

/** Computed with 50 digits by another implementation (mpmath). */
const erfc: readonly (readonly [x: number, value: number])[] = [
  [0, 1],
  [1e-9, 0.9999999988716208],
  [0.1, 0.887537083981715],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [1.5, 0.033894853524689274],
  [1.9999, 0.004679802092970608],
  [2, 0.004677734981047266],
  [2.0001, 0.0046756686958033394],
  [2.5, 0.0004069520174449589],
  [3, 0.00002209049699858544],
  [4, 1.541725790028002e-8],
  [5, 1.537459794428035e-12],
  [6, 2.1519736712498913e-17],
  [8, 1.1224297172982926e-29],
  [10, 2.088487583762545e-45],
  [15, 7.212994172451207e-100],
  [20, 5.395865611607901e-176],
  [25, 8.300172571196523e-274],
  [26, 5.663192408856143e-296],
  [26.16, 1.3364502615570202e-299],
  [-0.5, 1.5204998778130465],
  [-1, 1.8427007929497148],
  [-3, 1.9999779095030015],
]

const tails: readonly (readonly [z: number, tail: number, phi: number])[] = [
  [0, 0.5, 0.3010299956639812],
  [0.1, 0.460172162722971, 0.3370796567266235],
  [0.5, 0.3085375387259869, 0.5106919892652407],
  [1, 0.15865525393145705, 0.7995455414919705],
  [2, 0.02275013194817921, 1.643016080140937],
  [2.8, 0.0025551303304279342, 2.5925869427534964],
  [2.83, 0.002327400206731554, 2.633128931440048],
  [3, 0.0013498980316300946, 2.869699035929369],
  [4, 0.000031671241833119924, 4.499334907556479],
  [5, 2.866515718791939e-7, 6.5426456723906545],
  [6, 9.86587645037698e-10, 9.005864327476704],
  [7, 1.279812543885835e-12, 11.89285363747549],
  [8, 6.220960574271784e-16, 15.206142551017155],
  [10, 7.619853024160525e-24, 23.118053405486076],
  [12, 1.776482112077679e-33, 32.75043916119186],
  [15, 3.670966199312751e-51, 50.43521961427551],
  [20, 2.7536241186062337e-89, 88.56009534307559],
  [25, 3.056696706382561e-138, 137.51474765099553],
  [30, 4.906713927148187e-198, 197.30920926166095],
  [35, 1.1249107064724062e-268, 267.94888194975294],
  [37, 5.725571222524577e-300, 299.24218117860994],
  [37.5, 4.605353009581955e-308, 307.33673707464465],
  [-1, 0.8413447460685429, 0.07502601295781802],
  [-2, 0.9772498680518208, 0.009994379534108708],
  [-5, 0.9999997133484281, 1.2449121373882918e-7],
]

const beyondNumbers: readonly (readonly [z: number, phi: number])[] = [
  [38, 315.5397897039625],
  [40, 349.43700645934587],
  [50, 544.9663358619966],
  [100, 2173.8715428690343],
]

const deviations: readonly (readonly [phi: number, z: number])[] = [
  [0.1, -0.8215316028830921],
  [0.5, 0.47827353237616266],
  [1, 1.2815515655446004],
  [2, 2.326347874040841],
  [3, 3.0902323061678136],
  [5, 4.264890793922825],
  [8, 5.612001244174789],
  [10, 6.361340902404057],
  [12, 7.034483825301132],
  [16, 8.222082216130435],
  [20, 9.262340089798407],
  [50, 14.933337534788489],
  [100, 21.273453560965326],
  [300, 37.0470962993612],
]

const relativeError = (actual: number, exact: number): number => Math.abs(actual - exact) / Math.abs(exact)

describe('the normal distribution', () => {
  it.each(erfc)('has a complementary error function that is right to 12 digits at %d', (x, exact) => {
    expect(relativeError(complementaryErrorFunction(x), exact)).toBeLessThan(1e-12)
  })

  it.each(tails)('has a tail that is right to 12 digits %d deviations out', (z, tail, phi) => {
    expect(relativeError(normalTail(z), tail)).toBeLessThan(1e-12)
    expect(relativeError(phiOfDeviation(z), phi)).toBeLessThan(1e-12)
  })

  it.each(beyondNumbers)('still has a phi %d deviations out, where the tail is too small for a number', (z, phi) => {
    expect(relativeError(phiOfDeviation(z), phi)).toBeLessThan(1e-12)
  })

  it.each(deviations)('reaches phi %d where it should, to 12 digits', (phi, z) => {
    expect(relativeError(deviationOfPhi(phi), z)).toBeLessThan(1e-12)
  })

  it.each([0, -1, Number.NaN, Infinity])('has no deviation for a phi of %d', (phi) => {
    expect(() => deviationOfPhi(phi)).toThrow(/phi is .*; it must be a number from 0.001/)
  })

  it('comes back from a deviation to the phi that it was solved for', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1_000_000, noNaN: true }), (phi) => {
        expect(relativeError(phiOfDeviation(deviationOfPhi(phi)), phi)).toBeLessThan(1e-11)
      }),
    )
  })

  it('is symmetric, and phi never falls with distance', () => {
    const z = fc.double({ min: -30, max: 60, noNaN: true })
    fc.assert(
      fc.property(z, z, (a, b) => {
        expect(normalTail(a) + normalTail(-a)).toBeCloseTo(1, 14)
        // Where two methods meet the last digits may differ, not more.
        expect(phiOfDeviation(Math.max(a, b)) - phiOfDeviation(Math.min(a, b))).toBeGreaterThanOrEqual(-1e-13)
      }),
    )
  })
})
