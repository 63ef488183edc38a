/**
 * Everything that must hold before a change goes in, on a machine that has only git, Node and npm. The last line it
 * prints is `N passed, N failed, N skipped`; it exits non-zero when a test or any other step failed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countedTests, inWords } from './counted-tests.mjs'
import { inParallel, packageManager, pnpm, run, step } from './steps.mjs'
import { root } from './workspace.mjs'

const bin = (name) => join(root, 'node_modules', '.bin', name)
const node = (script, ...args) => [process.execPath, [join(root, 'scripts', script), ...args]]

if (process.env.QUORATE_PNPM !== packageManager) await insidePnpm()
else await everything()

/** Runs this script again with the workspace's own pnpm first on its path. */
async function insidePnpm() {
  const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1' }
  const env = { ...process.env, ...plain, QUORATE_PNPM: packageManager }
  const installed = await step('install', ...pnpm('install', '--frozen-lockfile'))
  if (!installed) return finish(false, { passed: 0, failed: 0, skipped: 0 })
  const { code } = await run(...pnpm('exec', process.execPath, join(root, 'scripts', 'test.mjs')), { env, live: true })
  process.exitCode = code === 0 ? 0 : 1
}

async function everything() {
  const started = performance.now()
  const outcomes = []
  const one = async (...args) => outcomes.push(await step(...args))

  await one('build', bin('tsc'), ['-b'])
  const quick = [
    ['format', bin('oxfmt'), ['--check']],
    ['lint', bin('oxlint'), []],
    ['purity', ...node('check-purity.mjs')],
    ['references', ...node('check-references.mjs')],
    ['types of tests', bin('tsc'), ['-b', 'tsconfig.test.json']],
    ['knip', bin('knip'), []],
    ['documents', ...node('check-docs.mjs')],
  ]
  await inParallel(2, quick, (args) => one(...args))
  const { ok, counts } = await countedTests()
  outcomes.push(ok)
  await published(one)
  console.log(
    `\n${outcomes.filter(Boolean).length} of ${outcomes.length} steps, ${Math.round((performance.now() - started) / 1000)} s`,
  )
  finish(outcomes.every(Boolean), counts)
}

/** What is done with packed packages, which are packed once. */
async function published(one) {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-tarballs-'))
  const options = { live: true, env: { ...process.env, QUORATE_TARBALLS: folder } }
  await one('packages', ...node('pack-check.mjs'), options)
  await one('adding an algorithm', ...node('check-adding-an-algorithm.mjs'), options)
  await one('operating', ...node('check-document.mjs', 'operating'), options)
  rmSync(folder, { recursive: true, force: true })
}

function finish(ok, counts) {
  process.exitCode = ok && counts.failed === 0 ? 0 : 1
  console.log(inWords(counts))
}
