/**
 * Installs, builds and packs every package that is published, into `tarballs` or the folder given: for trying them out, installed as
 * from the registry, on a machine that has only git, Node and npm.
 */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pnpm, step } from './steps.mjs'
import { pack } from './tarballs.mjs'
import { readPackages, root } from './workspace.mjs'

const folder = resolve(process.argv[2] ?? join(root, 'tarballs'))
const ready =
  (await step('install', ...pnpm('install', '--frozen-lockfile'))) &&
  (await step('build', join(root, 'node_modules', '.bin', 'tsc'), ['-b']))
if (ready) await packAll()
else process.exitCode = 1

async function packAll() {
  if (process.argv[2] === undefined) rmSync(folder, { recursive: true, force: true })
  const tarballs = await pack(
    readPackages().filter((each) => each.published),
    folder,
  )
  console.log(`✓ pack: ${tarballs.size} packages. In a folder of your own:\n`)
  console.log(`  npm install ${join(folder, '*.tgz')}`)
}
