/**
 * Generates a package of each kind in a fresh clone, without a network, and takes it the whole way: what was generated passes the checks of
 * this repository, and its tests fail; with an algorithm written into it they pass, and it is attacked by its name.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blocksOf } from './examples.mjs'
import { cloneTo, installEnv } from './fresh-clone.mjs'
import { pnpm, run } from './steps.mjs'
import { report, root } from './workspace.mjs'

const read = (path) => readFileSync(join(root, path), 'utf8')

/** One of each kind, with the algorithm that is written into it. The election's is that of the document. */
const generated = [
  {
    asked: ['election', 'lowest-id'],
    dir: 'packages/election-lowest-id',
    name: '@quorate/election-lowest-id',
    flag: '--election',
    source: blocksOf(read('docs/adding-an-algorithm.md')).find(({ words }) => words[0] === 'src/lowest-id.ts').body,
  },
  {
    asked: ['failure-detector', '@me/fixed-silence'],
    dir: 'packages/failure-detection-fixed-silence',
    name: '@me/fixed-silence',
    flag: '--failure-detector',
    source: read('scripts/new/fixtures/fixed-silence.ts.fixture'),
  },
  {
    asked: ['vote', 'voting-unanimous-minimum'],
    dir: 'packages/voting-unanimous-minimum',
    name: '@quorate/voting-unanimous-minimum',
    flag: '--agreement',
    source: read('scripts/new/fixtures/unanimous-minimum.ts.fixture'),
  },
]

/** What is refused, and what the refusal says. Nothing may have been written then. */
const refused = [
  { asked: [], says: 'tell what is to be made' },
  { asked: ['elections', 'mine'], says: 'there is no kind "elections": choose election, failure-detector, vote' },
  { asked: ['constructor', 'mine'], says: 'there is no kind "constructor"' },
  { asked: ['election'], says: 'tell its name, as in: pnpm new election my-election' },
  { asked: ['election', 'mine', 'yours'], says: '"yours" means nothing here' },
  { asked: ['election', 'MyElection'], says: '"MyElection" is no name for an algorithm: choose one in kebab-case' },
  { asked: ['election', '../mine'], says: '"../mine" is no name for an algorithm' },
  { asked: ['election', '@me/'], says: '"@me/" is no name for an algorithm' },
  { asked: ['vote', 'delete'], says: '"delete" cannot be exported: it is a word of the language' },
  { asked: ['election', 'raft'], says: 'raft is the name of a leader election of ours' },
  { asked: ['election', 'election-lowest-id'], says: 'packages/election-lowest-id is there already' },
]

const scratch = mkdtempSync(join(tmpdir(), 'quorate-generator-'))
const clone = join(scratch, 'quorate')
// Also when this runs among the long tests: a package's own are short, and are asked for by default.
const env = { ...process.env, QUORATE_LAB: undefined, NO_COLOR: '1', ...installEnv(scratch) }
const bin = (name) => join(clone, 'node_modules/.bin', name)
const dirs = generated.map(({ dir }) => dir)

try {
  await everything()
  report('generator', [])
} catch (error) {
  report('generator', [error.message])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function everything() {
  cloneTo(clone, { built: true })
  await expect('install', pnpm('install', '--offline', '--frozen-lockfile'))
  for (const { asked } of generated) await expect(`new ${asked.join(' ')}`, generator(...asked))
  for (const { asked, says } of refused) await expect(`new ${asked.join(' ')}`, generator(...asked), { code: 1, says })
  if (existsSync(join(clone, '.changeset/election-raft.md'))) throw new Error('what was refused has been written')

  await checks()
  await tests({ code: 1, says: 'takes every step without throwing' })
  for (const { dir, source } of generated) {
    writeFileSync(
      join(clone, dir, 'src', `${dir.replace(/^packages\/(election|failure-detection|voting)-/, '')}.ts`),
      source,
    )
  }
  await sources()
  await tests({ code: 0, says: ' passed' })
  for (const { dir, name, flag } of generated) {
    const simulate = [
      process.execPath,
      [join(clone, 'apps/node/bin/quorate.js'), 'simulate', flag, name, '--seeds', '1..200'],
    ]
    await expect(`simulate ${flag} ${name}`, simulate, {
      cwd: join(clone, dir),
      says: 'everything that it guarantees held',
    })
  }
}

function generator(...args) {
  return [process.execPath, [join(clone, 'scripts/new.mjs'), ...args]]
}

/** What `npm test` checks of packages as they are generated, of these. */
async function checks() {
  const node = (script, ...args) => [process.execPath, [join(clone, 'scripts', script), ...args]]
  await sources()
  await expect('purity', node('check-purity.mjs'))
  await expect('references', node('check-references.mjs'))
  await expect('knip', [bin('knip'), dirs.flatMap((dir) => ['--workspace', dir])])
  await expect('documents', node('check-docs.mjs', '--fix'))
}

/** What it checks of sources. */
async function sources() {
  await expect('build', [bin('tsc'), ['-b']])
  await expect('format', [bin('oxfmt'), ['--check', ...dirs]])
  await expect('lint', [bin('oxlint'), ['--type-aware', ...dirs]])
  await expect('types of tests', [bin('tsc'), ['-b', ...dirs.map((dir) => `${dir}/tsconfig.test.json`)]])
}

async function tests(expected) {
  for (const { name } of generated) await expect(`test ${name}`, pnpm('--filter', name, 'test'), expected)
}

/** Runs a command, which must end with that code, and say that. */
async function expect(what, [command, args], { code = 0, says = '', cwd = clone } = {}) {
  const started = performance.now()
  const ended = await run(command, args, { cwd, env })
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
  if (ended.code !== code || !ended.output.includes(says))
    throw new Error(
      `${what}: should end with ${code}${says && ` and say "${says}"`}; it ended with ${ended.code}:\n${ended.output}`,
    )
  console.log(`✓ ${what}${code === 0 ? '' : `, which ends with ${code}`} (${took})`)
}
