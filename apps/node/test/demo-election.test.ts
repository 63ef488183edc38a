import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { TemporaryPlace } from './support/left-behind.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
const kept: number[] = []
afterAll(async () => {
  for (const pid of kept) process.kill(pid, 'SIGKILL')
  await bench.close()
})

const selfish = fileURLToPath(new URL('fixtures/selfish-agreement.mjs', import.meta.url))
const timeoutMs = 90_000

interface Demonstration {
  readonly nodes: number
  readonly faults: readonly {
    readonly fault: string
    readonly node: string
    readonly role: string
    readonly detectedMs: number
    readonly agreedMs: number
    readonly leader: string
    readonly recoveredMs: number
  }[]
  readonly decisions: readonly { readonly values: Record<string, number>; readonly value: number | null }[]
  readonly agreement: boolean
  readonly differs: readonly string[]
}

describe('quorate demo election', () => {
  it(
    'loses the leader, then a follower, gets both back, and all agree, within 45 s',
    async () => {
      const place = new TemporaryPlace(bench.path('whole'))
      const startedMs = performance.now()
      const { code, stdout, stderr } = await bench.run(['demo', 'election', '--json'], { env: place.env })
      const tookMs = performance.now() - startedMs
      expect(stderr).toBe('')
      const { nodes, faults, decisions, agreement, differs } = JSON.parse(stdout) as Demonstration
      expect({ code, nodes, agreement, differs }).toEqual({ code: 0, nodes: 5, agreement: true, differs: [] })
      expect(faults.map(({ fault, role }) => `${fault} ${role}`)).toEqual(['kill leader', 'stop follower'])
      const [killed, stopped] = faults as [Demonstration['faults'][0], Demonstration['faults'][0]]
      expect(killed.leader).not.toBe(killed.node)
      expect(killed.agreedMs).toBeGreaterThan(0)
      expect(stopped.node).not.toBe(killed.node)
      for (const { detectedMs, recoveredMs } of faults) {
        expect(detectedMs).toBeGreaterThan(0)
        expect(recoveredMs).toBeGreaterThanOrEqual(0)
      }
      expect(decisions).toHaveLength(2)
      for (const { values, value } of decisions) {
        expect(Object.keys(values)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'])
        expect(Object.values(values)).toContain(value)
        expect(Object.values(values).every((own) => own >= 1 && own <= 100)).toBe(true)
      }
      expect(await place.empty()).toBe(true)
      expect(tookMs).toBeLessThan(45_000)
    },
    timeoutMs,
  )

  it(
    'says what differs, with exit code 1, and with --keep leaves the nodes to be looked at',
    async () => {
      const place = new TemporaryPlace(bench.path('kept'))
      const args = ['demo', 'election', '--nodes', '3', '--agreement', selfish, '--keep', '--json']
      const { code, stdout } = await bench.run(args, { env: place.env })
      const result = JSON.parse(stdout) as Demonstration & { endpoints: string[]; pids: number[]; folder: string }
      kept.push(...result.pids)
      expect({ code, agreement: result.agreement }).toEqual({ code: 1, agreement: false })
      expect(result.differs.join('\n')).toMatch(/^vote 1: n\d decided \d+, n\d decided \d+$/m)
      expect(result.decisions[0]?.value).toBeNull()
      expect([result.pids.length, place.nodes.length]).toEqual([3, 3])

      const status = await bench.run(['status', '--endpoints', result.endpoints.join(',')])
      expect(status.code).toBe(0)
      for (const pid of kept.splice(0)) process.kill(pid, 'SIGTERM')
      expect(await place.until(() => place.processes.length === 0)).toBe(true)
      rmSync(result.folder, { recursive: true })
    },
    timeoutMs,
  )

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'leaves nothing behind when %s ends it, and says so by its exit code',
    async (signal, exitCode) => {
      const place = new TemporaryPlace(bench.path(signal))
      const demo = bench.start(['demo', 'election', '--nodes', '3'], { env: place.env })
      expect(await place.until(() => place.nodes.length === 3)).toBe(true)
      demo.kill(signal)
      expect(await demo.ended).toMatchObject({ code: exitCode, stderr: '' })
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )

  it(
    'leaves nothing behind when it is killed',
    async () => {
      const place = new TemporaryPlace(bench.path('SIGKILL'))
      const demo = bench.start(['demo', 'election', '--nodes', '3'], { env: place.env })
      expect(await place.until(() => place.nodes.length === 3)).toBe(true)
      demo.kill('SIGKILL')
      await demo.ended
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )

  it(
    "shows the end of a node's log when it ends by itself",
    async () => {
      const place = new TemporaryPlace(bench.path('ended'))
      const demo = bench.start(['demo', 'election', '--nodes', '3'], { env: place.env })
      expect(await place.until(() => place.nodes.length === 3)).toBe(true)
      const [pid] = place.pids('n2')
      process.kill(pid ?? NaN, 'SIGKILL')
      const { code, stderr } = await demo.ended
      expect(code).toBe(1)
      expect(stderr).toMatch(/^quorate: QUORATE_NODE_ENDED: n2 ended by itself by SIGKILL\. The end of n2's log:/)
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )

  it.each<[args: string[], says: string]>([
    [['--nodes', '2'], 'QUORATE_INVALID_OPTION: --nodes is 2; it must be a number from 3 to 32'],
    [['--nodes', 'all'], 'QUORATE_INVALID_OPTION: --nodes is "all"'],
    [['--election', 'bulli'], 'QUORATE_UNKNOWN_ALGORITHM: no election "bulli"; did you mean "bully"?'],
  ])('%j is refused before anything is started', async (args, says) => {
    const { code, stdout, stderr } = await bench.run(['demo', 'election', ...args])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`quorate: ${says}`)
  })
})
