/**
 * Treats every published package as a stranger would: packs it, examines the tarball, installs it with the tarballs of
 * the packages it depends on into an empty folder, and runs the example of its README, and that of the workspace's own README.
 * Names as arguments restrict it to those packages; `README` is the workspace's own.
 *
 * The example is the first fenced block tagged `js` under the heading `## Example`. When the next block is tagged
 * `text`, it is what the example prints; `…` in it stands for anything within a line. Packages of ours that the example
 * imports are installed with it, also when the package itself does not depend on them.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exampleOf, matches, sectionOf } from './examples.mjs'
import { inParallel, run } from './steps.mjs'
import { packed } from './tarballs.mjs'
import { readPackages, root } from './workspace.mjs'

const published = readPackages().filter((each) => each.published)
const byName = new Map(published.map((each) => [each.name, each]))
/** What is checked: packages, and a README that is of none. */
const subjects = [...published, { name: 'README', dir: '.', folder: 'README', dependencies: [] }]
const wanted = process.argv.slice(2)
const chosen = wanted.length === 0 ? subjects : subjects.filter(({ name }) => wanted.includes(name))
const scratch = mkdtempSync(join(tmpdir(), 'quorate-pack-'))
const timeoutMs = 30_000

/** Names of the workspace packages that one is tried with: itself, what its example imports, and all that they stand on. */
function companions(subject) {
  const names = new Set()
  const add = (name) => {
    if (names.has(name)) return
    names.add(name)
    for (const dependency of byName.get(name).dependencies) add(dependency)
  }
  const own = byName.has(subject.name) ? [subject.name, ...subject.dependencies] : []
  for (const name of [...own, ...importedBy(exampleFor(subject)?.code ?? '')]) add(name)
  return [...names]
}

function importedBy(code) {
  const specifiers = [...code.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier)
  return specifiers
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    .filter((name) => byName.has(name))
}

function exampleFor({ dir }) {
  const path = join(root, dir, 'README.md')
  const section = existsSync(path) ? sectionOf(readFileSync(path, 'utf8'), 'Example') : undefined
  return section === undefined ? undefined : exampleOf(section)
}

async function check(subject, tarballs) {
  const started = performance.now()
  const problems = [
    ...(byName.has(subject.name) ? await examine(tarballs.get(subject.name)) : []),
    ...(await tryExample(subject, tarballs)),
  ]
  for (const problem of problems) console.log(`✗ ${subject.name}: ${problem}`)
  if (problems.length === 0) console.log(`✓ ${subject.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return problems.length === 0
}

/** What the two linters of packages have to say about the tarball. */
async function examine(tarball) {
  const linters = [
    ['publint', ['--strict', tarball]],
    ['attw', ['--profile', 'esm-only', tarball]],
  ]
  const results = await inParallel(1, linters, ([name, args]) => run(join(root, 'node_modules', '.bin', name), args))
  return results.flatMap(({ code, output }, index) => (code === 0 ? [] : [`${linters[index][0]} objects:\n${output}`]))
}

async function tryExample(subject, tarballs) {
  if (!existsSync(join(root, subject.dir, 'README.md'))) return ['has no README.md']
  const example = exampleFor(subject)
  if (example === undefined) return ['its README has no block tagged `js` under `## Example`']

  const folder = join(scratch, 'stranger', subject.folder)
  mkdirSync(folder, { recursive: true })
  const names = companions(subject)
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:${tarballs.get(name)}`]))
  const overrides = Object.fromEntries(names.map((name) => [name, `$${name}`]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }))
  writeFileSync(join(folder, 'example.mjs'), example.code)
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  const installed = await run('npm', ['install', ...flags], { cwd: folder })
  if (installed.code !== 0) return [`cannot be installed:\n${installed.output}`]
  const { code, output } = await run(process.execPath, ['example.mjs'], { cwd: folder, timeoutMs })
  if (code !== 0) return [`its example failed (${code}):\n${output}`]
  if (example.prints !== undefined && !matches(output, example.prints))
    return [`its example should print\n${example.prints}\nand printed\n${output}`]
  return []
}

try {
  const unknown = wanted.filter((name) => !subjects.some((each) => each.name === name))
  if (unknown.length > 0) throw new Error(`no published package is called ${unknown.join(', ')}`)
  const needed = published.filter(({ name }) => chosen.some((one) => companions(one).includes(name)))
  const tarballs = await packed(needed, join(scratch, 'tarballs'))
  const ok = (await inParallel(2, chosen, (each) => check(each, tarballs))).every(Boolean)
  process.exitCode = ok ? 0 : 1
} catch (error) {
  console.error(`✗ ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
