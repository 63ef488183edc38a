/** Follows docs/adding-an-algorithm.md in a fresh clone, and in a folder beside it, and fails where it is wrong. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { cloneTo, installEnv } from './fresh-clone.mjs'
import { packed } from './tarballs.mjs'
import { follow } from './walkthrough.mjs'
import { readPackages, report } from './workspace.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'quorate-adding-'))
const clone = join(scratch, 'quorate')

try {
  cloneTo(clone, { built: true })
  await provideTarballs(join(clone, 'tarballs'))
  const problem = await follow('docs/adding-an-algorithm.md', clone, installEnv(scratch))
  report('adding an algorithm', problem === undefined ? [] : [problem])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** What `npm run pack` does in the clone, but for installing and building, which has been done. */
async function provideTarballs(at) {
  mkdirSync(at, { recursive: true })
  const published = readPackages().filter((each) => each.published)
  const tarballs = await packed(published, at)
  for (const path of tarballs.values()) if (dirname(path) !== at) copyFileSync(path, join(at, basename(path)))
}
