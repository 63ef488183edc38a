import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe as nodeDescribe, it as nodeIt } from 'node:test'
import { describe as vitestDescribe, expect, it as vitestIt } from 'vitest'
import type { TestRunner } from '../src/index.js'

const folder = resolve(import.meta.dirname, '..')

vitestDescribe('describe and it', () => {
  vitestIt('fit as they are, of vitest and of node:test', () => {
    const runners: readonly TestRunner[] = [
      { describe: vitestDescribe, it: vitestIt },
      { describe: nodeDescribe, it: nodeIt },
    ]
    expect(runners).toHaveLength(2)
  })

  vitestIt('of node:test pass, fail and skip what a suite has', { timeout: 120_000 }, () => {
    const built = spawnSync(resolve(folder, '../../node_modules/.bin/tsc'), ['-b'], { cwd: folder, encoding: 'utf8' })
    expect(built.stdout).toBe('')
    const file = resolve(folder, 'test/elsewhere/node-test.mjs')
    const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], { encoding: 'utf8' })
    const tests = stdout.split('\n').map((line) => line.trim().replace(/^(not ok|ok) \d+ - /, '$1: '))
    expect(tests).toContain('ok: validity')
    expect(tests).toContain('not ok: agreement')
    expect(tests).toContain('ok: termination (not claimed by own) # SKIP')
    expect(tests).toContain('ok: a result for each command')
    expect(tests).toContain('# fail 1')
  })
})
