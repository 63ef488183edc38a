/**
 * Runs the workload under other versions of Node.js than this one, which npm installs into a temporary folder, and fails when a
 * hash differs. Versions are arguments; without any 22, 24 and 26. Build the packages before.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { join } from 'node:path'

const print = join(import.meta.dirname, 'print-hashes.mjs')
const hashesUnder = (node) => execFileSync(node, [print], { encoding: 'utf8' })
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26']
const own = hashesUnder(process.execPath)
console.log(`${process.version}\n${own}`)

for (const version of versions) {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-node-'))
  try {
    const name = `node-${platform() === 'win32' ? 'win' : platform()}-${arch()}`
    const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder]
    execFileSync('npm', ['install', ...flags, `${name}@${version}`], { stdio: 'inherit' })
    const node = join(folder, 'node_modules', name, 'bin', 'node')
    const same = hashesUnder(node) === own
    console.log(`${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}: ${same ? 'the same' : 'DIFFERENT'}`)
    if (!same) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
