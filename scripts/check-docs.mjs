/**
 * Checks what the documents say of the code against the code, as it was built: the tables of assumptions are those that the algorithms
 * declare, the table of settings is that of the command, every error code is explained and exists, every package is in the README,
 * and links lead somewhere. With --fix it rewrites the tables.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assumptionTables, readAlgorithms } from './assumptions.mjs'
import { filesUnder, readPackages, report, root } from './workspace.mjs'

const fix = process.argv.includes('--fix')
const problems = []
const packages = readPackages()
const read = (file) => readFileSync(join(root, file), 'utf8')
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...filesUnder('docs', '.md'),
  ...packages.map(({ dir }) => `${dir}/README.md`).filter((file) => existsSync(join(root, file))),
]

await checkGenerated('README.md', 'assumptions', async () => assumptionTables(await readAlgorithms()))
await checkGenerated('docs/operating.md', 'settings', settingsTable)
checkCodes('docs/operating.md')
checkPackages('README.md')
for (const file of documents) checkLinks(file)
report('documents', problems)

/** What stands between `<!-- name -->` and `<!-- /name -->` must be what `make` returns; in --fix it becomes that. */
async function checkGenerated(file, name, make) {
  const text = read(file)
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [start, end] = [text.indexOf(open) + open.length, text.indexOf(close)]
  if (start < open.length || end < start) return void problems.push(`${file}: has no place for ${name}`)
  const wanted = `${text.slice(0, start)}\n\n${await make()}\n\n${text.slice(end)}`
  if (wanted === text) return
  if (fix) writeFileSync(join(root, file), wanted)
  else problems.push(`${file}: its table of ${name} is not what the code says; run scripts/check-docs.mjs with --fix`)
}

async function settingsTable() {
  const built = pathToFileURL(join(root, 'apps/node/dist/config/settings.js')).href
  const { settings, settingNames, variableOf } = await import(built)
  const own = settingNames.filter((name) => settings[name].without === undefined)
  const rows = own.map((name) => {
    const { value, help } = settings[name]
    return `| \`--${name}\` | \`${variableOf(name)}\` | ${value.replaceAll('|', String.raw`\|`)} | ${help} |`
  })
  return ['| flag | variable | value | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** Every code that the sources have is a row of a table, and every row's code is in the sources. */
function checkCodes(file) {
  const sources = packages
    .filter(({ published }) => published)
    .flatMap(({ dir }) => filesUnder(`${dir}/src`, '.ts'))
    .map(read)
    .join('\n')
  const inSources = new Set([...sources.matchAll(/['"`](QUORATE_[A-Z_]+)['"`]/g)].map(([, code]) => code))
  const beginnings = [...sources.matchAll(/`(QUORATE_[A-Z_]+)\$\{/g)].map(([, beginning]) => beginning)
  const rows = read(file)
    .split('\n')
    .filter((line) => line.startsWith('| `QUORATE_'))
  const explained = new Set(rows.flatMap((row) => row.split('|')[1].match(/QUORATE_[A-Z_]+/g)))
  const named = new Set([...explained, ...environmentOf(file)])
  for (const code of inSources) if (!named.has(code)) problems.push(`${file}: does not explain ${code}`)
  for (const beginning of beginnings)
    if (![...explained].some((code) => code.startsWith(beginning)))
      problems.push(`${file}: does not explain ${beginning}…`)
  for (const code of explained)
    if (!inSources.has(code) && !beginnings.some((beginning) => code.startsWith(beginning)))
      problems.push(`${file}: explains ${code}, which nothing says`)
}

/** Variables of the environment look like codes. */
function environmentOf(file) {
  return read(file)
    .split('\n')
    .filter((line) => line.startsWith('| `--'))
    .flatMap((row) => row.match(/QUORATE_[A-Z_]+/g) ?? [])
}

function checkPackages(file) {
  const text = read(file)
  for (const { dir, manifest, published } of packages)
    if (published && !text.includes(`| [\`${manifest.name}\`](${dir}) |`))
      problems.push(`${file}: has no row that begins with | [\`${manifest.name}\`](${dir}) |`)
}

/** Links to files, and to headings of them, as GitHub names headings. */
function checkLinks(file) {
  const text = read(file).replaceAll(/^```[\s\S]*?^```/gm, '')
  for (const [, target] of text.matchAll(/\]\((?![a-z]+:)([^)\s]*)\)/g)) {
    const [path, anchor] = target.split('#')
    const to = path === '' ? file : join(dirname(file), path)
    if (!existsSync(join(root, to))) problems.push(`${file}: links to ${target}, which does not exist`)
    else if (anchor !== undefined && !headingsOf(to).includes(anchor))
      problems.push(`${file}: links to ${target}, and there is no such heading`)
  }
}

function headingsOf(file) {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
