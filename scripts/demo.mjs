/**
 * Installs, builds and shows a cluster at work, on a machine that has only git, Node and npm. Arguments go to `quorate demo`:
 * `npm run demo -- election` shows elections and votes.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { packageManager, step } from './steps.mjs'
import { root } from './workspace.mjs'

// What the demo prints, above all its JSON, is to be piped on without this.
const say = console.error
const ready =
  (await step('install', 'npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], { say })) &&
  (await step('build', join(root, 'node_modules', '.bin', 'tsc'), ['-b'], { say }))
if (ready) show()
else process.exitCode = 1

function show() {
  const command = join(root, 'apps', 'node', 'bin', 'quorate.js')
  const child = spawn(process.execPath, [command, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' })
  // The demo hears Ctrl-C itself and takes its processes down; this one waits for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('close', (code) => (process.exitCode = code ?? 1))
}
