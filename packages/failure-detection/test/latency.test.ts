import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { phiAccrual, timeout } from '../src/index.js'
import { Bench } from './bench.js'

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))
const folder = resolve(projectRoot, process.env['QUORATE_VECTORS'] ?? '../shared/vectors', 'latency')
const found = existsSync(folder)

const heartbeats = 600
const intervalMs = 100

/** The ways between all pairs of machines: for each, its round-trip times as they were measured at different hours, in ms. */
function readWays(): readonly (readonly number[])[] {
  const slices = readdirSync(folder).map((file) =>
    readFileSync(resolve(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split('\t').map(Number)),
  )
  const ways: number[][] = []
  const count = slices[0]?.length ?? 0
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      const readings = slices.map((slice) => (slice[from]?.[to] ?? 0) * 1000).filter((roundTripMs) => roundTripMs > 0)
      if (from !== to && readings.length > 1) ways.push(readings)
    }
  }
  return ways
}

/** Each heartbeat takes half of a round trip drawn from the way's own: delays change from one to the next, and overtake. */
function arrivals(readings: readonly number[], seed: number): { readonly atMs: number; readonly sequence: number }[] {
  const random = seededRandom(seed)
  return Array.from({ length: heartbeats }, (_, index) => ({
    atMs: index * intervalMs + random.pick(readings) / 2,
    sequence: index + 1,
  })).sort((a, b) => a.atMs - b.atMs)
}

/** What one detector makes of a live sender on all ways. */
function replay(detector: typeof timeout): {
  mistakes: number
  faulted: number
  accuracy: number
  medianSilenceMs: number
} {
  let mistakes = 0
  let faulted = 0
  let accuracy = 0
  const silences: number[] = []
  ways.forEach((readings, way) => {
    const bench = new Bench(detector, { members: ['n1', 'n2'], heartbeatIntervalMs: intervalMs, detectionTimeMs: 1000 })
    for (const { atMs, sequence } of arrivals(readings, way)) {
      if (atMs > heartbeats * intervalMs) break
      bench.runTo(atMs)
      bench.heartbeat('n2', sequence)
    }
    const quality = bench.shown('n2')['quality'] as { mistakes: number; queryAccuracy: number }
    mistakes += quality.mistakes
    if (quality.mistakes > 0) faulted++
    accuracy += quality.queryAccuracy
    bench.news()
    bench.runTo(bench.now + 2000)
    silences.push(...bench.news().flatMap((each) => (each.type === 'suspect' ? [each.silentMs] : [])))
  })
  silences.sort((a, b) => a - b)
  return {
    mistakes,
    faulted,
    accuracy: accuracy / ways.length,
    medianSilenceMs: silences[silences.length >> 1] ?? Infinity,
  }
}

const ways = found ? readWays().filter((_, index) => index % 10 === 0) : []
/** Where they are missing this is skipped, and says so; where everything is checked, it fails instead. */
const skipped = !found && process.env['CI'] !== 'true'
const title = 'on recorded latencies of the internet'

describe.skipIf(skipped)(skipped ? `${title} (skipped: none at ${folder}; set QUORATE_VECTORS)` : title, () => {
  it.for([
    { detector: timeout, mistakesPerHour: 5, accuracy: 0.9997, medianSilenceMs: 1000 },
    { detector: phiAccrual, mistakesPerHour: 6, accuracy: 0.9997, medianSilenceMs: 520 },
  ])(
    '$detector.name is seldom wrong about a live peer',
    { timeout: 60_000 },
    async ({ detector, ...bounds }, { annotate }) => {
      expect(ways.length, `ways between machines in ${folder}`).toBeGreaterThan(900)
      const { mistakes, faulted, accuracy, medianSilenceMs } = replay(detector)
      const hours = (ways.length * heartbeats * intervalMs) / 3_600_000
      await annotate(
        `${detector.name}: ${mistakes} mistakes in ${hours.toFixed(1)} h on ${faulted} of ${ways.length} ways, ` +
          `query accuracy ${accuracy.toFixed(6)}, median silence allowed ${medianSilenceMs.toFixed(0)} ms`,
      )
      expect(mistakes / hours).toBeLessThan(bounds.mistakesPerHour)
      expect(accuracy).toBeGreaterThan(bounds.accuracy)
      expect(medianSilenceMs).toBeLessThanOrEqual(bounds.medianSilenceMs)
    },
  )
})
