/**
 * Checks how packages refer to each other: the references of their tsconfig files are exactly their workspace
 * dependencies, dependencies point upward only in the design's order, nothing is imported that is not declared, and pure
 * packages import nothing but allowed packages of ours. With --fix it rewrites the references.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from 'oxc-parser'
import { filesUnder, onlyOn, rank, readPackages, report, root } from './workspace.mjs'

const fix = process.argv.includes('--fix')
const packages = readPackages()
const byName = new Map(packages.map((each) => [each.name, each]))
const problems = []

/** The references of a tsconfig must be these paths, as a set; in --fix they become these, in this order. */
function expectReferences(file, paths) {
  const path = join(root, file)
  if (!existsSync(path)) return void problems.push(`${file}: is missing`)
  const config = JSON.parse(readFileSync(path, 'utf8'))
  const actual = (config.references ?? []).map((reference) => reference.path)
  if (actual.toSorted().join() === paths.toSorted().join()) return
  if (!fix) {
    problems.push(`${file}: references [${actual.join(', ')}] should be [${paths.join(', ')}]; run with --fix`)
    return
  }
  const { references: _, ...rest } = config
  const fixed = paths.length === 0 ? rest : { ...rest, references: paths.map((to) => ({ path: to })) }
  writeFileSync(path, `${JSON.stringify(fixed, null, 2)}\n`)
  console.log(`${file}: references rewritten`)
}

function pathsTo(from, names) {
  return names.flatMap((name) => {
    const to = byName.get(name)
    if (to === undefined) return []
    return [posix.relative(from.dir, to.dir)]
  })
}

function checkDirection(each) {
  const own = rank(each.folder)
  if (own === undefined) return void problems.push(`${each.dir}: has no place in the order of scripts/workspace.mjs`)
  const allowed = onlyOn[each.folder]
  for (const name of each.dependencies) {
    const to = byName.get(name)
    if (to === undefined) problems.push(`${each.dir}: depends on ${name}, which is not in the workspace`)
    else if (rank(to.folder) >= own)
      problems.push(`${each.dir}: depends on ${name}, which stands below it in the order`)
    else if (allowed !== undefined && !allowed.includes(to.folder))
      problems.push(`${each.dir}: may depend on ${allowed.join(' and ')} only, not on ${name}`)
    if (to !== undefined && each.pure && !to.pure)
      problems.push(`${each.dir}: is pure and depends on ${name}, which is not`)
  }
  if (!each.pure) return
  for (const name of Object.keys(each.manifest.dependencies ?? {}))
    if (!each.dependencies.includes(name)) problems.push(`${each.dir}: is pure and depends on ${name}`)
}

/** Dependencies for tests count here: turbo and pnpm order their work by both kinds. */
function checkCycles() {
  const done = new Set()
  const visit = (each, path) => {
    if (path.includes(each.name)) {
      problems.push(`dependencies go round: ${[...path.slice(path.indexOf(each.name)), each.name].join(' -> ')}`)
      return
    }
    if (done.has(each.name)) return
    for (const name of [...each.dependencies, ...each.devDependencies]) {
      const to = byName.get(name)
      if (to !== undefined) visit(to, [...path, each.name])
    }
    done.add(each.name)
  }
  for (const each of packages) visit(each, [])
}

function importsOf(file) {
  const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  const literal = ({ moduleRequest }) => moduleRequest?.value
  return [
    ...module.staticImports.map(literal),
    ...module.staticExports.flatMap(({ entries }) => entries.map(literal)),
    ...module.dynamicImports.map(({ moduleRequest }) => {
      const text = readFileSync(join(root, file), 'utf8').slice(moduleRequest.start, moduleRequest.end)
      return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : undefined
    }),
  ].filter((request) => request !== undefined)
}

/** The package in whose test/support a file of another one is: what its tests share with those of packages that depend on it. */
function lenderOf(each, target) {
  const known = [...each.dependencies, ...each.devDependencies]
  return packages.find(({ name, dir }) => known.includes(name) && target.startsWith(`${dir}/test/support/`))
}

/** The tests whose support the tests of a package import. */
function borrowedTests(each) {
  const lenders = filesUnder(`${each.dir}/test`, '.ts').flatMap((file) =>
    importsOf(file).map((request) => lenderOf(each, posix.join(posix.dirname(file), request))),
  )
  return [...new Set(lenders)].flatMap((lender) =>
    lender === undefined ? [] : [`${posix.relative(each.dir, lender.dir)}/tsconfig.test.json`],
  )
}

function checkImports(each, folder, declared) {
  for (const file of filesUnder(`${each.dir}/${folder}`, '.ts')) {
    for (const request of new Set(importsOf(file))) {
      if (request.startsWith('.')) {
        const target = posix.join(posix.dirname(file), request)
        const lent = folder === 'test' && lenderOf(each, target) !== undefined
        if (!target.startsWith(`${each.dir}/`) && !lent)
          problems.push(`${file}: imports ${request}, a file of another package`)
        continue
      }
      if (request.startsWith('node:')) {
        if (each.pure && folder === 'src') problems.push(`${file}: is pure and imports ${request}`)
        continue
      }
      const name = request.split('/', request.startsWith('@') ? 2 : 1).join('/')
      if (!declared.has(name))
        problems.push(`${file}: imports ${name}, which is not declared in ${each.dir}/package.json`)
    }
  }
}

const rootManifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
// What the root has of ours is there to be run from it; a package whose tests import it says so itself.
const sharedTools = Object.keys(rootManifest.devDependencies).filter((name) => !byName.has(name))
for (const each of packages) {
  checkDirection(each)
  expectReferences(`${each.dir}/tsconfig.json`, pathsTo(each, each.dependencies))
  expectReferences(`${each.dir}/tsconfig.test.json`, [
    '.',
    ...pathsTo(each, [...each.dependencies, ...each.devDependencies]),
    ...borrowedTests(each),
  ])
  const forSource = Object.keys(each.manifest.dependencies ?? {})
  const forTests = Object.keys(each.manifest.devDependencies ?? {})
  checkImports(each, 'src', new Set([each.name, ...forSource]))
  checkImports(each, 'test', new Set([each.name, ...forSource, ...forTests, ...sharedTools]))
}
expectReferences(
  'tsconfig.json',
  packages.map((each) => each.dir),
)
expectReferences(
  'tsconfig.test.json',
  packages.map((each) => `${each.dir}/tsconfig.test.json`),
)
checkCycles()
report('references', problems)
