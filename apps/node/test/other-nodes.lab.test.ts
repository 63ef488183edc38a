/**
 * One seed in other processes, and under other versions of Node.js, which npm installs into a temporary folder. `QUORATE_OTHER_NODES` names
 * binaries to use instead, with colons between them.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../bin/quorate.js', import.meta.url))
const hashes = fileURLToPath(new URL('../../../packages/simulation/test/elsewhere/print-hashes.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quorate-other-nodes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const versions = ['22', '24', '26']
const nodes = process.env['QUORATE_OTHER_NODES']?.split(':') ?? versions.map(installed)
const attacks = [
  'election --algorithm raft',
  'election --algorithm timestamp',
  'election --algorithm bully',
  'vote --algorithm threshold',
  'vote --algorithm flood-min',
  'detector --algorithm phi-accrual',
  'log --algorithm raft-log',
].flatMap((what) => [7, 8].map((seed) => `${what} --nodes 5 --seed ${seed} --faults declared`))

function installed(version: string): string {
  const name = `node-${platform() === 'win32' ? 'win' : platform()}-${arch()}`
  const prefix = join(folder, version)
  const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', prefix]
  execFileSync('npm', ['install', ...flags, `${name}@${version}`], { stdio: ['ignore', 'inherit', 'inherit'] })
  return join(prefix, 'node_modules', name, 'bin', 'node')
}

let traces = 0
function traceOf(node: string, attack: string): string {
  const file = join(folder, `trace-${traces++}.jsonl`)
  execFileSync(node, [program, 'run', ...attack.split(' '), '--trace', file])
  return readFileSync(file, 'utf8')
}

const here = new Map(attacks.map((attack) => [attack, traceOf(process.execPath, attack)]))
const run = (node: string, ...args: string[]) => execFileSync(node, args, { encoding: 'utf8' })

describe('a seed is the same run, to the last byte of its trace', () => {
  it.each(attacks)('of %s, in another process', (attack) => {
    const trace = here.get(attack) as string
    expect(trace.split('\n').length).toBeGreaterThan(10)
    expect(traceOf(process.execPath, attack) === trace).toBe(true)
  })

  describe.each(nodes)('under %s', (node) => {
    it('is another version of Node.js', () => {
      expect(run(node, '--version').trim()).not.toBe(process.version)
    })

    it.each(attacks)('of %s', (attack) => {
      expect(traceOf(node, attack) === here.get(attack)).toBe(true)
    })

    it('of a workload that uses all that a simulation has', () => {
      expect(run(node, hashes)).toBe(run(process.execPath, hashes))
    })
  })
})

describe.each(nodes)('three real nodes under %s', (node) => {
  it('lose no write to a kill, a restart, a pause and a stop', { timeout: 120_000 }, () => {
    const { lost, diverged, acknowledged } = JSON.parse(run(node, program, 'demo', '--json')) as Record<string, number>
    expect({ lost, diverged }).toEqual({ lost: 0, diverged: 0 })
    expect(acknowledged).toBeGreaterThan(0)
  })
})
