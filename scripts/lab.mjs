/**
 * The laboratory's long tests, `*.lab.test.ts`: what attacks more and longer than `npm test` has time for. Arguments go to vitest, such as
 * the name of a file.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './workspace.mjs'

const vitest = join(root, 'node_modules', '.bin', 'vitest')
const env = { ...process.env, QUORATE_LAB: '1' }
const { status } = spawnSync(vitest, ['run', ...process.argv.slice(2)], { cwd: root, env, stdio: 'inherit' })
process.exitCode = status ?? 1
