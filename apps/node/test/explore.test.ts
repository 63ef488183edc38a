import { afterAll, describe, expect, it } from 'vitest'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

describe('quorate explore', () => {
  it('says what it covered, that this was all, and ends with 0 when nothing was found', async () => {
    const { code, stdout } = await bench.run(['explore', 'election', '--nodes', '2', '--timers', '1'])
    expect(stdout).toMatch(
      /election by raft among 2 nodes\n +[\d,]+ states gone on from, .*\n +[\d,]+ schedules, .*\n +exhaustive/,
    )
    expect(stdout).toContain('clocks stand still')
    expect(stdout).toContain('not checked: eventual-agreement, eventual-accuracy\n')
    expect(stdout).toContain('everything that was checked held in all that was reached')
    expect(code).toBe(0)
  })

  it('says why it did not come to the end when it did not', async () => {
    const { code, stdout } = await bench.run(['explore', 'log', '--max-states', '100', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ exhaustive: false, stopped: '100 states were reached', states: 100 })
    expect(code).toBe(0)
  })

  it('says what it came to when memory ends, and does not end by it', { timeout: 60_000 }, async () => {
    const flags = ['log', '--nodes', '5', '--pending-writes', '3', '--max-time', '50s', '--json']
    const { code, stdout } = await bench.run(['explore', ...flags], {
      env: { NODE_OPTIONS: '--max-old-space-size=48' },
    })
    const { exhaustive, stopped } = JSON.parse(stdout) as { exhaustive: boolean; stopped: string }
    expect([exhaustive, stopped]).toEqual([false, expect.stringContaining('--max-old-space-size')])
    expect(code).toBe(0)
  })

  it('prints the steps to a violation and ends with 1', async () => {
    const flags = ['--algorithm', 'naive-threshold', '--crashes', '0', '--timers', '1']
    const { code, stdout } = await bench.run(['explore', 'vote', ...flags])
    expect(stdout).toMatch(/agreement: .*\n +1\. n\d /)
    expect(code).toBe(1)
  })

  it('ends with 2 when it was called wrongly', async () => {
    for (const flags of [['vote', '--proposals', '1'], ['log', '--nodes', '9'], ['everything']]) {
      expect((await bench.run(['explore', ...flags])).code).toBe(2)
    }
  })
})
