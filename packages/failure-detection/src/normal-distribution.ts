/**
 * The tail of the normal distribution, exact far out, where suspicion lives: at 8 on the phi scale one in a hundred million
 * values lies beyond, and approximations made for the middle of the curve are off by orders of magnitude.
 *
 * `z` is a distance from the mean in standard deviations.
 *
 * M. Abramowitz and I. Stegun, "Handbook of mathematical functions", 1964, 7.1.6 (the series), 7.1.14 (the continued fraction).
 */
import { requireNumber } from '@quorate/core'

/** Below it the series converges fast and nothing cancels; above it the continued fraction does. */
const seriesBelow = 2
/** Enough for full double precision at `seriesBelow`, where it converges slowest. */
const fractionDepth = 120

const sqrtPi = Math.sqrt(Math.PI)
const ln10 = Math.LN10
const sqrt2 = Math.SQRT2

/** The complementary error function: 2/√π times the integral of exp(−t²) from `x` to infinity. */
export function complementaryErrorFunction(x: number): number {
  if (x < 0) return 2 - complementaryErrorFunction(-x)
  return x < seriesBelow ? 1 - errorFunctionSeries(x) : Math.exp(-x * x) * scaledByFraction(x)
}

/** The probability that a normally distributed value lies more than `z` standard deviations above its mean. */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z)
  const x = z / sqrt2
  // exp(−z²/2) from z itself: the rounding of x would be squared, and felt far out.
  return (x < seriesBelow ? 1 - errorFunctionSeries(x) : Math.exp(-0.5 * z * z) * scaledByFraction(x)) / 2
}

/**
 * −log₁₀ of `normalTail(z)`: the phi scale. It stays exact where the tail itself is too small for a number, beyond z = 38.
 */
export function phiOfDeviation(z: number): number {
  if (z < 0) return -Math.log1p(-normalTail(-z)) / ln10
  const x = z / sqrt2
  if (x < seriesBelow) return -Math.log(normalTail(z)) / ln10
  return (0.5 * z * z - Math.log(scaledByFraction(x) / 2)) / ln10
}

/**
 * The inverse of `phiOfDeviation`: how far out the tail has become as small as 10^−phi.
 * Throws `QUORATE_INVALID_OPTION` unless `phi` is from 0.001 to 1,000,000.
 */
export function deviationOfPhi(phi: number): number {
  requireNumber('phi', phi, { min: 0.001, max: 1_000_000 })
  // phi grows faster and faster with z, and the starting point lies right of the solution, as the tail is less than
  // exp(−z²/2): Newton's method comes down to it monotonically.
  let z = Math.sqrt(2 * ln10 * phi)
  for (let step = 0; step < 64; step++) {
    const next = z - ((phiOfDeviation(z) - phi) * ln10) / hazard(z)
    if (!(next < z)) break
    z = next
  }
  return z
}

/** The density of the normal distribution over its tail: how steeply `ln10` · phi rises at `z`. */
function hazard(z: number): number {
  const x = z / sqrt2
  if (x >= seriesBelow) return sqrt2 / sqrtPi / scaledByFraction(x)
  return Math.exp(-0.5 * z * z) / (sqrt2 * sqrtPi * normalTail(z))
}

/** erf(x) as 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5···(2n+1)): all terms are positive, so that none takes from another's digits. */
function errorFunctionSeries(x: number): number {
  let term = x
  let sum = x
  for (let odd = 3; term > sum * 1e-17; odd += 2) {
    term *= (2 * x * x) / odd
    sum += term
  }
  return (2 / sqrtPi) * Math.exp(-x * x) * sum
}

/** exp(x²) · erfc(x) for x of at least `seriesBelow`, as 1/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + 2/(x + …))))). */
function scaledByFraction(x: number): number {
  let denominator = x
  for (let depth = fractionDepth; depth > 0; depth--) denominator = x + depth / 2 / denominator
  return 1 / (sqrtPi * denominator)
}
