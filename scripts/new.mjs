/**
 * `pnpm new <kind> <name>` writes a package for an algorithm: a source that declares and does nothing yet, tests that fail until it
 * does, README and changeset; and makes it part of the workspace. It asks nothing and needs no network.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseSync } from 'oxc-parser'
import { withImporter } from './lockfile.mjs'
import { pnpm, run } from './steps.mjs'
import { filesUnder, readPackages, root } from './workspace.mjs'

/** Kinds of algorithms by the name that they are asked for by. `folder`: the package of those that are ours. */
const kinds = {
  election: { folder: 'election', what: 'a leader election', contract: 'election', flag: '--election' },
  'failure-detector': {
    folder: 'failure-detection',
    what: 'a failure detector',
    contract: 'failure-detector',
    flag: '--failure-detector',
  },
  vote: { folder: 'voting', what: 'an agreement on one value', contract: 'agreement', flag: '--agreement' },
}

const usage = `pnpm new <kind> <name>

  kind   ${Object.keys(kinds).join(', ')}
  name   of the algorithm, in kebab-case, such as my-election: the package is then @quorate/election-my-election.
         With a scope of your own, such as @me/my-election, the package is called just that.`

const ending = '.template'

class Refusal extends Error {}

try {
  await create(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(`pnpm new: ${error.message}`)
  process.exitCode = 1
}

async function create(args) {
  const plan = planOf(args)
  const { dir, packageName } = plan
  for (const [path, text] of filesOf(plan)) {
    const to = join(root, path)
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, text)
  }
  addToReadme(plan)
  await must('oxfmt', [join(root, 'node_modules/.bin/oxfmt'), [dir]])
  addToLockfile(plan)
  // Frozen, nothing is resolved anew: that would take what registries say of packages, which a fresh machine has not asked.
  await must('pnpm install', pnpm('install', '--offline', '--frozen-lockfile'))
  // What is wrong elsewhere is no matter of this package.
  await must('check:references', [process.execPath, [join(root, 'scripts/check-references.mjs'), '--fix']], (line) =>
    line.startsWith(`${dir}:`),
  )
  console.log(`${dir}: ${packageName}, ${plan.kind.what} that is not written yet

  cd ${dir}
  pnpm test          # fails, until src/${plan.algorithm}.ts does what it declares
  pnpm build         # then it goes by its name
  npx quorate simulate ${plan.kind.flag} ${packageName}
  npx quorate start ${plan.kind.flag} ${packageName}

docs/adding-an-algorithm.md shows the way.`)
}

/** What is to be made. Throws a refusal that says what to do instead. */
function planOf(args) {
  const [kindName, name, ...more] = args
  if (kindName === undefined || args.includes('--help')) throw new Refusal(`tell what is to be made:\n\n${usage}`)
  if (!Object.hasOwn(kinds, kindName))
    throw new Refusal(`there is no kind "${kindName}": choose ${Object.keys(kinds).join(', ')}`)
  if (name === undefined) throw new Refusal(`tell its name, as in: pnpm new ${kindName} my-${kindName}`)
  if (more.length > 0)
    throw new Refusal(`"${more.join(' ')}" means nothing here: give one kind and one name\n\n${usage}`)
  const kind = kinds[kindName]
  const [, scope, given] = /^(?:(@[a-z0-9][a-z0-9._-]*)\/)?(.*)$/.exec(name)
  // Whoever gives the package's own name means the same.
  const algorithm = given.startsWith(`${kind.folder}-`) ? given.slice(kind.folder.length + 1) : given
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(algorithm) || algorithm.length > 60)
    throw new Refusal(
      `"${name}" is no name for an algorithm: choose one in kebab-case, such as my-${kindName} or @me/my-${kindName}`,
    )
  const pascal = algorithm.replaceAll(/(?:^|-)([a-z0-9])/g, (_, first) => first.toUpperCase())
  const camel = pascal[0].toLowerCase() + pascal.slice(1)
  if (parseSync('name.ts', `export const ${camel} = class ${pascal} {}`).errors.length > 0)
    throw new Refusal(`"${algorithm}" cannot be exported: it is a word of the language; choose another name`)
  if (existsSync(join(root, `packages/${kind.folder}/src/${algorithm}.ts`)))
    throw new Refusal(`${algorithm} is the name of ${kind.what} of ours: choose another name`)
  const folder = `${kind.folder}-${algorithm}`
  const dir = `packages/${folder}`
  if (existsSync(join(root, dir)))
    throw new Refusal(`${dir} is there already: choose another name, or remove it, and run pnpm install`)
  const packageName = scope === undefined || scope === '@quorate' ? `@quorate/${folder}` : `${scope}/${given}`
  return { kind, kindName, algorithm, pascal, camel, folder, dir, packageName }
}

function filesOf(plan) {
  const templates = ['common', plan.kindName].map((each) => `scripts/new/${each}`)
  const files = templates.flatMap((from) =>
    filesUnder(from, ending).map((file) => {
      const path = fill(relative(from, file).slice(0, -ending.length), plan)
      return [`${plan.dir}/${path}`, fill(readFileSync(join(root, file), 'utf8'), plan)]
    }),
  )
  const changeset = `---\n'${plan.packageName}': minor\n---\n\n\`${plan.algorithm}\`, ${plan.kind.what}.\n`
  return [...files, [`.changeset/${plan.folder}.md`, changeset]]
}

function fill(text, { kind, algorithm, camel, pascal, packageName }) {
  return text
    .replaceAll('@scope/package', packageName)
    .replaceAll('a kind of algorithm', kind.what)
    .replaceAll('kind-keyword', kind.folder)
    .replaceAll('contract-kind', kind.contract)
    .replaceAll('--kind-flag', kind.flag)
    .replaceAll(
      'My algorithm',
      algorithm.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase()),
    )
    .replaceAll('my-algorithm', algorithm)
    .replaceAll('myAlgorithm', camel)
    .replaceAll('MyAlgorithm', pascal)
}

/** A row in the table of packages, behind those of its kind. */
function addToReadme({ kind, dir, packageName, algorithm }) {
  const path = join(root, 'README.md')
  const lines = readFileSync(path, 'utf8').split('\n')
  const place = lines.findLastIndex((line) =>
    new RegExp(String.raw`^\| \[.*\]\(packages/${kind.folder}(-[a-z0-9-]+)?\) \|`).test(line),
  )
  if (place < 0) throw new Refusal(`README.md has no row for packages/${kind.folder} in its table of packages`)
  const what = kind.what.replace(/^an? /, '')
  lines.splice(place + 1, 0, `| [\`${packageName}\`](${dir}) | ${algorithm}, ${what} | in development |`)
  writeFileSync(path, lines.join('\n'))
}

/** All that it depends on is in the workspace. */
function addToLockfile({ dir }) {
  const path = join(root, 'pnpm-lock.yaml')
  const manifest = JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8'))
  const folders = new Map(readPackages().map((each) => [each.name, each.dir]))
  writeFileSync(path, withImporter(readFileSync(path, 'utf8'), dir, manifest, folders))
}

/** Runs a command, which must succeed, or at least say nothing that `matters`. */
async function must(what, [command, args], matters = () => true) {
  const { code, output } = await run(command, args)
  if (code === 0 || !output.split('\n').some(matters)) return
  throw new Refusal(`the package is written, and ${what} failed; mend that and run it again:\n${output}`)
}
