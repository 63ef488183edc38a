import { isQuorateError } from '@quorate/core'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { connectStore, type StoreClient } from '../src/demo/data/store-client.js'
import { writeOf } from '../src/demo/data/writer.js'
import { TemporaryPlace } from './support/left-behind.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
const kept: number[] = []
afterAll(async () => {
  for (const pid of kept) process.kill(pid, 'SIGKILL')
  await bench.close()
})

const timeoutMs = 90_000

/** What `--keep` adds to the JSON. */
interface Kept {
  readonly clientEndpoints: readonly string[]
  readonly pids: readonly number[]
  readonly folder: string
}

/** Does it again until the store answers: it may not serve yet, or be in the middle of a fault. */
async function persist<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!isQuorateError(error, 'QUORATE_REQUEST_FAILED')) throw error
      await sleep(20)
    }
  }
}

/** The value of a key, once it has one. */
async function valueOf(client: StoreClient, key: string): Promise<string> {
  for (;;) {
    const page = await persist(() => client.page({ from: key, limit: 1, revision: 0, serializable: false }))
    const [entry] = page.entries
    if (entry?.key === key) return entry.value
    await sleep(20)
  }
}

describe('quorate demo', () => {
  it(
    'loses the leader to three faults and nothing that was acknowledged, within 45 s',
    async () => {
      const place = new TemporaryPlace(bench.path('whole'))
      const startedMs = performance.now()
      const { code, stdout, stderr } = await bench.run(['demo'], { env: place.env })
      const tookMs = performance.now() - startedMs
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout.split('\n')[0]).toBe('quorate demo: 3 nodes that keep data, each a process of its own')
      for (const fault of ['is killed (SIGKILL)', 'is paused for 3 s (SIGSTOP)', 'is stopped (SIGTERM)'])
        expect(stdout).toContain(`, the leader, ${fault}\n`)
      const gaps = stdout.match(/n\d leads, and writes are acknowledged again: none was for \d.* m?s$/gm)
      expect(gaps).toHaveLength(3)
      expect(stdout).toMatch(/^ {2}✓ durability: each of \d{3,} acknowledged writes is read back from all 3 nodes/m)
      expect(stdout).toMatch(/^ {2}✓ replicas: all nodes hold the same at revision \d+/m)
      expect(stdout).not.toContain('\u001B')
      expect(await place.empty()).toBe(true)
      expect(tookMs).toBeLessThan(45_000)
    },
    timeoutMs,
  )

  it(
    'says what is lost and what differs, with exit code 1, and with --keep leaves the nodes to be looked at',
    async () => {
      const place = new TemporaryPlace(bench.path('kept'))
      const demo = bench.start(['demo', '--keep', '--json'], { env: place.env })
      expect(await place.until(() => place.nodes.length === 3)).toBe(true)
      const [, url = ''] = /--name n2 .*--listen-client-urls (\S+)/.exec(place.nodes.join('\n')) ?? []
      const { key, value } = writeOf('n3', 1)
      const other = connectStore(url)
      expect(await valueOf(other, key)).toBe(value)
      // As if it had been lost: another client's value takes its place. And one that no writer wrote.
      await persist(() => other.put(key, 'another'))
      await persist(() => other.put('other', 'from elsewhere'))
      other.close()
      const { code, stdout, stderr } = await demo.ended
      const result = JSON.parse(stdout) as Kept
      kept.push(...result.pids)
      expect({ code, ...result }).toMatchObject({ code: 1, nodes: 3, lost: 1, diverged: 2 })
      expect(stderr).toContain(`quorate: differs: ${key} was acknowledged, and is not read from n1, linearizably; n1, `)
      expect(stderr).toMatch(/^quorate: differs: other is "from elsewhere" .*, which nobody wrote, or not once$/m)

      expect([result.pids.length, place.nodes.length]).toEqual([3, 3])
      const client = connectStore(result.clientEndpoints[0] ?? '')
      expect(await valueOf(client, key)).toBe('another')
      client.close()
      for (const pid of kept.splice(0)) process.kill(pid, 'SIGTERM')
      expect(await place.until(() => place.processes.length === 0)).toBe(true)
      rmSync(result.folder, { recursive: true })
    },
    timeoutMs,
  )

  it(
    'leaves nothing behind when a signal ends it',
    async () => {
      const place = new TemporaryPlace(bench.path('interrupted'))
      const demo = bench.start(['demo', '--json'], { env: place.env })
      expect(await place.until(() => place.nodes.length === 3)).toBe(true)
      demo.kill('SIGTERM')
      expect(await demo.ended).toMatchObject({ code: 143, stdout: '', stderr: '' })
      expect(await place.empty()).toBe(true)
    },
    timeoutMs,
  )

  it('refuses what it does not know', async () => {
    const { code, stderr } = await bench.run(['demo', 'elections'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^quorate: QUORATE_USAGE: /)
  })
})
