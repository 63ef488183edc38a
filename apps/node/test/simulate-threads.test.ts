import { describe, expect, it, vi } from 'vitest'
import { Worker } from 'node:worker_threads'
import { Findings } from '../src/simulate/findings.js'
import { perform, type Ran } from '../src/simulate/perform.js'
import { ProgressLine } from '../src/simulate/progress-line.js'
import type { RunTask } from '../src/simulate/task.js'

const task = (...seeds: number[]): RunTask => ({
  runs: seeds.map((seed) => ({ seed, nodes: 3, compared: seed === 2 })),
  keepGoing: false,
})
const ran = (seed: number, more: Partial<Ran> = {}): Ran => ({
  hash: `hash of ${seed}`,
  events: 10,
  virtualMs: 5,
  violations: [],
  ...more,
})
const violation = { property: 'agreement', atMs: 1, what: 'they differ' }

describe('a task', () => {
  it('counts runs, events, and how often marks were seen in how many runs', () => {
    const result = perform(
      ({ seed }) => ran(seed, { coverage: { 'split-vote': seed - 1, 'torn-tail': 0 } }),
      task(1, 2, 3),
      () => {},
    )
    expect(result).toMatchObject({ runs: 3, events: 30, virtualMs: 15, stopped: false, observed: [] })
    expect(result.coverage).toEqual({ 'split-vote': { times: 3, runs: 2 }, 'torn-tail': { times: 0, runs: 0 } })
  })

  it('ends with the run that violates something, unless it is to go on', () => {
    const run = ({ seed }: { seed: number }): Ran =>
      ran(seed, seed > 1 ? { violations: [violation], command: `again ${seed}` } : {})
    const stopped = perform(run, task(1, 2, 3), () => {})
    expect(stopped).toMatchObject({ runs: 2, stopped: true })
    expect(stopped.observed).toEqual([
      {
        seed: 2,
        nodes: 3,
        about: { property: 'agreement' },
        what: 'at 1.000 ms: they differ',
        hash: 'hash of 2',
        command: 'again 2',
      },
    ])
    const all = perform(run, { ...task(1, 2, 3), keepGoing: true }, () => {})
    expect(all.observed.map(({ seed }) => seed)).toEqual([2, 3])
  })

  it('goes on behind a run that throws, and says where', () => {
    const begun: number[] = []
    const result = perform(
      ({ seed }) => {
        if (seed === 2) throw new TypeError('a defect\nin two lines')
        return ran(seed)
      },
      task(1, 2, 3),
      (place) => begun.push(place),
    )
    expect(begun).toEqual([0, 1, 2])
    expect(result).toMatchObject({ runs: 3, events: 20 })
    expect(result.observed).toMatchObject([{ seed: 2, about: { code: 'QUORATE_RUN_FAILED' } }])
    expect(result.observed[0]?.what).toMatch(
      /^it threw TypeError: a defect in two lines, at .*simulate-threads\.test\.ts/,
    )
    expect(result.compared).toEqual([{ seed: 2, nodes: 3, outcome: result.observed[0]?.what, touched: [] }])
  })
})

describe('findings', () => {
  it('are one for each sort, of the first seed, and how many seeds show it', () => {
    const findings = new Findings((run) => `again ${run?.seed}`)
    for (const seed of [3, 4, 4, 9]) {
      findings.add({ seed, nodes: 5, about: { property: 'agreement' }, what: `they differ in ${seed}` })
    }
    findings.add({ seed: 4, nodes: 5, about: { code: 'QUORATE_RUN_FAILED' }, what: 'it threw' })
    expect(findings.all).toEqual([
      { property: 'agreement', seed: 3, nodes: 5, what: 'they differ in 3', seeds: 3, command: 'again 3' },
      { code: 'QUORATE_RUN_FAILED', seed: 4, nodes: 5, what: 'it threw', seeds: 1, command: 'again 4' },
    ])
  })
})

/** Runs code in a thread that is another world, and returns what it posts. Threads run what is built. */
function elsewhere(code: string): Promise<unknown> {
  const built = new URL('../dist/simulate/other-world.js', import.meta.url).href
  const script = `
    const { parentPort } = await import('node:worker_threads')
    const { enterOtherWorld } = await import(${JSON.stringify(built)})
    const witness = enterOtherWorld()
    ${code}`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { stdout: true })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

describe('another world', () => {
  it('notes who looks at a clock, draws randomness, or begins what comes later', async () => {
    const touched = await elsewhere(`
      const crypto = await import('node:crypto')
      const acts = [
        () => Date.now(), () => new Date(), () => Date(), () => performance.now(), () => process.hrtime(),
        () => process.hrtime.bigint(), () => process.uptime(), () => Math.random(), () => crypto.randomInt(5),
        () => globalThis.crypto.randomUUID(), () => setTimeout(() => {}, 0), () => setImmediate(() => {}),
        () => queueMicrotask(() => {}), () => process.nextTick(() => {}), () => Promise.resolve(),
        async () => {}, () => console.log('seen'), () => new Date(5).getTime() + Math.max(1, 2),
      ]
      parentPort.postMessage(acts.map((act) => { witness.begin(); act(); return witness.end().join() }))`)
    expect(touched).toEqual([
      ...['Date', 'Date', 'Date', 'performance.now', 'process.hrtime', 'process.hrtime', 'process.uptime'],
      ...['Math.random', 'crypto.randomInt', 'crypto.randomUUID', 'setTimeout or setInterval', 'setImmediate'],
      ...['queueMicrotask', 'process.nextTick', 'a promise', 'a promise', '', ''],
    ])
  })

  it('has clocks that show another time, and run on', async () => {
    const [date, later, made] = (await elsewhere(
      'parentPort.postMessage([Date.now(), Date.now(), new Date().getTime()])',
    )) as [number, number, number]
    expect(date).toBeGreaterThan(Date.now() + 30_000_000_000)
    expect(later).toBeGreaterThan(date)
    expect(made).toBeGreaterThan(later)
  })
})

describe('a line of progress', () => {
  it('is drawn over itself, not wider than the terminal, and gone at the end', () => {
    vi.useFakeTimers()
    try {
      const written: string[] = []
      const terminal = { columns: 60, rows: 20, write: (text: string) => written.push(text) > 0 }
      const line = new ProgressLine(terminal as never, () => ({ part: 0.5, elapsedMs: 4_000, says: 'half of it' }))
      vi.advanceTimersByTime(200)
      expect(written.at(-1)).toBe(`\r${'█'.repeat(12)}${'░'.repeat(12)} half of it, 4.00 s left\u001B[K`)
      terminal.columns = 31
      vi.advanceTimersByTime(200)
      expect(written.at(-1)).toBe('\r███░░░ half of it, 4.00 s left\u001B[K')
      terminal.columns = 20
      vi.advanceTimersByTime(200)
      expect(written.at(-1)).toBe('\r███░░░ half of it, \u001B[K')
      line.end()
      const drawn = written.length
      vi.advanceTimersByTime(1_000)
      expect(written.length).toBe(drawn)
      expect(written.at(-1)).toBe('\r\u001B[K\u001B[?25h')
    } finally {
      vi.useRealTimers()
    }
  })
})
