/** Follows docs/adding-an-algorithm.md in an empty folder, with packed packages, and fails where it is wrong. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run } from './steps.mjs'
import { packed } from './tarballs.mjs'
import { follow } from './walkthrough.mjs'
import { readPackages, report, root } from './workspace.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'quorate-adding-'))
/** The reader's folder: an empty one beside the checkout. */
const folder = join(scratch, 'election')

try {
  mkdirSync(folder)
  await provideTarballs(join(scratch, 'quorate', 'tarballs'))
  const env = { npm_config_prefer_offline: 'true', npm_config_audit: 'false' }
  const problem = (await follow('docs/adding-an-algorithm.md', folder, env)) ?? (await checkTypes())
  report('adding an algorithm', problem === undefined ? [] : [problem])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** What `npm run pack` does in the checkout, but for installing and building, which has been done. */
async function provideTarballs(at) {
  mkdirSync(at, { recursive: true })
  const published = readPackages().filter((each) => each.published)
  const tarballs = await packed(published, at)
  for (const path of tarballs.values()) if (dirname(path) !== at) copyFileSync(path, join(at, basename(path)))
}

/** The types in the algorithm's comments are types that the compiler agrees with. */
async function checkTypes() {
  const options = '--noEmit --allowJs --checkJs --strict --skipLibCheck --module nodenext --target es2023'.split(' ')
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { code, output } = await run(tsc, [...options, 'lowest-id.js'], { cwd: folder })
  return code === 0 ? undefined : `the types of lowest-id.js are wrong:\n${output}`
}
