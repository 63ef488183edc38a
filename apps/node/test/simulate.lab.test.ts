import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

interface Report {
  readonly algorithm: string
  readonly runs: number
  readonly events: number
  readonly findings: readonly object[]
}

async function simulate(...args: string[]): Promise<{ code: number | null; reports: Report[] }> {
  const { code, stdout } = await bench.run(['simulate', ...args, '--json'], { cwd: bench.folder })
  return {
    code,
    reports: stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Report),
  }
}

it('all of our own algorithms keep what they guarantee, and are pure', async () => {
  const { code, reports } = await simulate('--seeds', '1..300', '--nodes', '1..5', '--keep-going')
  expect(reports.map(({ algorithm, runs, findings }) => ({ algorithm, runs, findings }))).toEqual(
    ['timestamp', 'bully', 'raft', 'flood-min', 'threshold', 'timeout', 'phi-accrual', 'raft-log'].map((algorithm) => ({
      algorithm,
      runs: 300,
      findings: [],
    })),
  )
  expect(code).toBe(0)
}, 180_000)

it('two shards together are the whole', async () => {
  const args = ['--vote', 'threshold', '--seeds', '1..500']
  const parts = [
    ...(await simulate(...args, '--shard', '1/2')).reports,
    ...(await simulate(...args, '--shard', '2/2')).reports,
  ]
  const [whole] = (await simulate(...args)).reports as [Report]
  const sum = (of: (report: Report) => number): number => parts.reduce((total, report) => total + of(report), 0)
  expect([sum(({ runs }) => runs), sum(({ events }) => events)]).toEqual([whole.runs, whole.events])
})

it('a module that does not come to its end when it is loaded is told by name', async () => {
  const loops = fileURLToPath(new URL('fixtures/bad/loops-when-loaded.mjs', import.meta.url))
  const { code, reports } = await simulate('--election', loops, '--run-timeout', '1s', '--jobs', '1')
  expect({ code, reports }).toMatchObject({
    code: 1,
    reports: [{ algorithm: loops, runs: 0, findings: [{ code: 'QUORATE_ALGORITHM_BLOCKED' }] }],
  })
})
