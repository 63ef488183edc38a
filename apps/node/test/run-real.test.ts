import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { TemporaryPlace } from './support/left-behind.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

const timeoutMs = 90_000

interface ElectionReport {
  readonly differs: readonly string[]
  readonly leader: string
  readonly leaders: readonly { readonly node: string; readonly leader: string | null; readonly atMs: number }[]
}

interface SeenEvent {
  readonly type: string
  readonly node: string
  readonly atMs: number
  readonly state?: string
}

const traced = (file: string): readonly SeenEvent[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SeenEvent)

describe('quorate run --real', () => {
  it(
    'agrees on a leader after the SIGKILL of a node, which comes back and names it, too',
    async () => {
      const place = new TemporaryPlace(bench.path('election'))
      const file = bench.path('election.jsonl')
      const args = ['run', 'election', '--nodes', '3', '--real', '--crash', 'n3@300ms..1.5s', '--json', '--trace', file]
      const { code, stdout, stderr } = await bench.run(args, { env: place.env })
      const report = JSON.parse(stdout) as ElectionReport
      expect({ code, stderr, differs: report.differs }).toEqual({ code: 0, stderr: '', differs: [] })
      const { leader, leaders } = report
      expect(report).toMatchObject({
        ...{ kind: 'election', algorithm: 'timestamp', mode: 'real', nodes: 3, agreement: true, consistent: true },
        views: { n1: leader, n2: leader, n3: leader },
      })
      const ran = traced(file).filter(({ type, node }) => type === 'process' && node === 'n3')
      const downMs = ran.find(({ state }) => state === 'down')?.atMs as number
      const backMs = ran.findLast(({ state }) => state === 'up')?.atMs as number
      // Timers and clocks may differ by a millisecond.
      expect(downMs).toBeGreaterThanOrEqual(299)
      expect(backMs).toBeGreaterThanOrEqual(1_499)
      // It may be killed before it has named anybody. While it is down it names nobody.
      const named = leaders.filter((each) => each.node === 'n3' && each.leader !== null)
      expect(named.filter(({ atMs }) => atMs > downMs && atMs < backMs)).toEqual([])
      expect(named.at(-1)?.atMs).toBeGreaterThan(backMs)
      expect(report).not.toHaveProperty('seed')
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )

  it(
    'votes with the given values, and survives the SIGKILL of a node in its midst',
    async () => {
      const place = new TemporaryPlace(bench.path('vote'))
      const file = bench.path('events.jsonl')
      const args = [
        'run',
        'vote',
        '--nodes',
        '3',
        '--values',
        '-4,9,12',
        '--crash',
        'n2@20ms',
        '--real',
        '--json',
        '--trace',
        file,
      ]
      const { code, stdout, stderr } = await bench.run(args, { env: place.env })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const report = JSON.parse(stdout) as {
        decision: number
        values: Record<string, number | null>
        agreement: boolean
      }
      expect([-4, 9, 12]).toContain(report.decision)
      expect(report).toMatchObject({ agreement: true, values: { n1: -4, n3: 12 } })
      const types = new Set(traced(file).map(({ type }) => type))
      expect([...types]).toEqual(expect.arrayContaining(['process', 'leader-changed', 'vote-opened', 'decided']))
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )

  it(
    'leaves nothing behind when it is ended',
    async () => {
      const place = new TemporaryPlace(bench.path('ended'))
      const run = bench.start(['run', 'vote', '--nodes', '3', '--real'], { env: place.env })
      expect(await place.until(() => place.nodes.length === 3)).toBe(true)
      run.kill('SIGINT')
      expect(await run.ended).toMatchObject({ code: 130, stdout: '', stderr: '' })
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )
})
