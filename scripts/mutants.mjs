/** Installs, builds and runs the mutants, on a machine that has only git, Node and npm. Arguments go to the command. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { packageManager, step } from './steps.mjs'
import { root } from './workspace.mjs'

const ready =
  (await step('install', 'npx', ['--yes', packageManager, 'install', '--frozen-lockfile'])) &&
  (await step('build', join(root, 'node_modules', '.bin', 'tsc'), ['-b']))
if (ready) {
  const command = join(root, 'apps', 'mutants', 'bin', 'mutants.js')
  const child = spawn(process.execPath, [command, ...process.argv.slice(2)], { stdio: 'inherit' })
  child.on('close', (code) => (process.exitCode = code ?? 1))
} else {
  process.exitCode = 1
}
