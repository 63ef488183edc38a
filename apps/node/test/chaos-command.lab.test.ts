import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { whyNoSlowDisk } from '../src/chaos/faults/slow-disk.js'
import { whyNoSmallDisk } from '../src/chaos/faults/small-disk.js'
import { whyNoFakeClock } from '../src/chaos/faults/fake-clock.js'
import { TemporaryPlace } from './support/left-behind.js'
import { whyNoEtcd } from './support/etcd/clusters.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

interface ChaosJson {
  readonly outcome: string
  readonly reasons: readonly unknown[]
  readonly faults: readonly { readonly kind: string; readonly evidence?: string }[]
  readonly checked: readonly { readonly model: string; readonly verdict: string; readonly operations: number }[]
  readonly hashes: Readonly<Record<string, number>>
}

/** Runs it, and expects that it has passed under just these kinds of faults. */
async function passes(target: string, seconds: number, kinds: readonly string[], seed: number): Promise<void> {
  const out = bench.path(`${target}-${seed}`)
  const { code, stdout, stderr } = await bench.run([
    ...['chaos', '--target', target, '--seconds', String(seconds), '--faults', kinds.join(',')],
    ...['--seed', String(seed), '--out', out, '--json'],
  ])
  const { outcome, reasons, faults, checked, hashes } = JSON.parse(stdout) as ChaosJson
  expect({ outcome, reasons }, stderr).toEqual({ outcome: 'passed', reasons: [] })
  expect(code).toBe(0)
  expect(new Set(faults.filter(({ evidence }) => evidence !== undefined).map(({ kind }) => kind))).toEqual(
    new Set(kinds),
  )
  expect(checked.map(({ model, verdict }) => `${model}: ${verdict}`)).toEqual([
    'etcd: linearizable',
    'cas-register: linearizable',
    'kv-append: linearizable',
  ])
  expect(new Set(Object.values(hashes)).size).toBe(1)
  expect(Object.keys(hashes)).toEqual(['n1', 'n2', 'n3'])
  expect(readFileSync(`${out}/history.jsonl`, 'utf8').trimEnd().split('\n').length).toBeGreaterThan(100)
  expect(readFileSync(`${out}/report.html`, 'utf8')).toContain('<svg')
  for (const id of Object.keys(hashes)) expect(existsSync(`${out}/${id}.log`)).toBe(true)
}

const optional = { 'slow-disk': whyNoSlowDisk(), 'full-disk': whyNoSmallDisk(), clock: whyNoFakeClock() }
const possible = Object.entries(optional).flatMap(([kind, reason]) => (reason === undefined ? [kind] : []))
const left = Object.entries(optional).flatMap(([kind, reason]) => (reason === undefined ? [] : [`${kind}: ${reason}`]))
const noEtcd = whyNoEtcd('etcd')
if (process.env['CI'] === 'true' && noEtcd !== undefined) throw new Error(`under CI this must run: ${noEtcd}`)

describe('quorate chaos', { timeout: 120_000 }, () => {
  it('passes on three nodes of ours that are killed, paused and cut off', () =>
    passes('quorate', 18, ['kill', 'pause', 'partition'], 1))

  it.skipIf(possible.length === 0)(
    `passes on three nodes of ours whose disks and clocks fail${left.length === 0 ? '' : ` (left out: ${left.join('; ')})`}`,
    () => passes('quorate', 18, possible, 2),
  )

  it.skipIf(noEtcd !== undefined)(
    `passes on three nodes of etcd that are killed, paused and cut off${noEtcd === undefined ? '' : ` (skipped: ${noEtcd})`}`,
    () => passes('etcd', 18, ['kill', 'pause', 'partition'], 1),
  )

  it('fails when leaders take for committed what only they have, and shows an answer that nothing explains', async () => {
    const broken = fileURLToPath(new URL('support/commit-alone.mjs', import.meta.url))
    const { code, stdout } = await bench.run(
      ['chaos', '--seconds', '14', '--faults', 'partition', '--seed', '9', '--out', bench.path('broken')],
      { env: { NODE_OPTIONS: `--import ${broken}` } },
    )
    expect(stdout).toMatch(/^QUORATE_CHAOS_VIOLATION: not linearizable as etcd\n\nNot linearizable as etcd: no order/m)
    expect(code).toBe(1)
  })

  it.each<[NodeJS.Signals, number | null]>([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ])('leaves nothing behind when it is ended by %s in the midst of faults', async (signal, expected) => {
    const place = new TemporaryPlace(bench.path(`place-${signal}`))
    const kinds = ['pause', ...possible.filter((kind) => kind !== 'clock')]
    const chaos = bench.start(
      ['chaos', '--seconds', '30', '--faults', kinds.join(','), '--seed', '3', '--out', bench.path(`out-${signal}`)],
      { env: place.env },
    )
    // The first fault comes 3 s after all are ready.
    expect(await place.until(() => place.nodes.length === 3)).toBe(true)
    await sleep(7_000)
    chaos.kill(signal)
    expect((await chaos.ended).code).toBe(expected)
    expect(await place.empty()).toBe(true)
  })
})
