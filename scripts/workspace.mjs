/** What the other scripts know about this workspace: its packages, which are pure, and the order they may depend in. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A package may depend, at run time, on those before it. An algorithm's own package stands right after its kind. */
const order = [
  'core',
  'failure-detection',
  'voting',
  'election',
  'replication',
  'write-ahead-log',
  'kv',
  'membership',
  'linearizability',
  'simulation',
  'conformance',
  'transport-grpc',
  'runtime',
  'etcd-api',
  'node',
  'bench',
  'mutants',
]

/** Pure: no Node, no clock, no randomness, no timer, nothing asynchronous. The same list stands in .oxlintrc.json. */
const pure = new Set(order.slice(0, order.indexOf('conformance') + 1))

/** Kinds of which an algorithm may be a package of its own, named kind-algorithm. The same list stands in .oxlintrc.json. */
const kinds = ['failure-detection', 'voting', 'election', 'replication', 'kv', 'membership']

/** Packages that may depend on fewer than all before them: no algorithm may depend on what tests it, nor the reverse. */
export const onlyOn = { simulation: ['core'], conformance: ['core', 'simulation'] }

const kindOf = (folder) => kinds.find((kind) => folder.startsWith(`${kind}-`))

/** Place in the order, or undefined when the design has none for it. */
export function rank(folder) {
  const place = order.indexOf(folder)
  if (place >= 0) return place
  const kind = kindOf(folder)
  return kind === undefined ? undefined : order.indexOf(kind) + 0.5
}

const isPure = (folder) => pure.has(folder) || (!order.includes(folder) && kindOf(folder) !== undefined)

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

function readPackage(dir) {
  const manifest = readJson(join(root, dir, 'package.json'))
  const folder = dir.split('/')[1]
  const workspaceOnly = (dependencies = {}) =>
    Object.keys(dependencies).filter((name) => dependencies[name].startsWith('workspace:'))
  return {
    dir,
    folder,
    name: manifest.name,
    manifest,
    published: manifest.private !== true,
    pure: dir.startsWith('packages/') && isPure(folder),
    dependencies: workspaceOnly(manifest.dependencies),
    devDependencies: workspaceOnly(manifest.devDependencies),
  }
}

/** Every package of the workspace, in the order of the design. */
export function readPackages() {
  const dirs = ['packages', 'apps']
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((folder) => `${parent}/${folder}`))
    .filter((dir) => existsSync(join(root, dir, 'package.json')))
  return dirs
    .map(readPackage)
    .sort((a, b) => (rank(a.folder) ?? Infinity) - (rank(b.folder) ?? Infinity) || (a.dir < b.dir ? -1 : 1))
}

/** Paths, from the root, of the files under a folder whose name ends so; empty when there is no such folder. */
export function filesUnder(dir, ending) {
  if (!existsSync(join(root, dir))) return []
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = `${dir}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path, ending)
    return entry.name.endsWith(ending) ? [path] : []
  })
}

/** Prints what was found and ends the process accordingly. */
export function report(what, problems) {
  for (const problem of problems) console.error(problem)
  console.log(problems.length === 0 ? `${what}: all well` : `${what}: ${problems.length} found`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
