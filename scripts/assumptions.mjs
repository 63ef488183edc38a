/** The tables of what algorithms assume and guarantee, as their declarations say. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readPackages, root } from './workspace.mjs'

const kinds = new Map([
  ['failure-detector', 'failure detector'],
  ['election', 'leader election'],
  ['agreement', 'agreement on one value'],
  ['replicated-log', 'replicated log'],
])

/** What to call a bound on faulty nodes. A bound that is none of these is shown by some of its values. */
const formulas = [
  [(n) => n - 1, 'n − 1'],
  [(n) => Math.floor((n - 1) / 2), '⌊(n − 1)/2⌋'],
  [(n) => Math.floor((n - 1) / 3), '⌊(n − 1)/3⌋'],
  [() => 0, 'none'],
]

const core = await import(pathToFileURL(join(root, 'packages/core/dist/index.js')).href)

/** Every algorithm that a published package exports, by kind; exhibits, which exist to be broken, are left out. */
export async function readAlgorithms() {
  const algorithms = new Map()
  for (const { dir, manifest, published } of readPackages()) {
    if (!published || manifest.name === 'quorate') continue
    for (const [subpath, target] of Object.entries(manifest.exports)) {
      if (subpath.startsWith('./exhibits/') || typeof target === 'string') continue
      const exported = await import(pathToFileURL(join(root, dir, target.default)).href)
      for (const value of Object.values(exported)) {
        if (core.isDefinition(value)) algorithms.set(value, `${dir}/src/${value.name}.ts`)
      }
    }
  }
  const order = [...kinds.keys()]
  return [...algorithms]
    .map(([definition, source]) => ({ definition, source }))
    .sort((a, b) => order.indexOf(a.definition.kind) - order.indexOf(b.definition.kind))
}

/** Both tables, as Markdown. */
export function assumptionTables(algorithms) {
  return `${overview(algorithms)}\n\n${faultTable(algorithms)}`
}

function overview(algorithms) {
  const head = ['algorithm', 'kind', 'family', 'time', 'faulty nodes of n', 'guarantees']
  const rows = algorithms.map(({ definition, source }) => [
    `[\`${definition.name}\`](${source})`,
    kinds.get(definition.kind),
    familyOf(definition),
    definition.synchrony.replace('-', ' '),
    boundOf(definition.resilience),
    definition.guarantees.map(spoken).join(', '),
  ])
  return table([head, ...rows])
}

function familyOf({ family, relies, brokenClockBreaks }) {
  if (family === 'rounds') return 'rounds'
  const what = relies === 'wall' ? 'wall clocks that agree' : "clocks' rate"
  const lost = brokenClockBreaks.length === 0 ? 'costs only time' : `breaks ${brokenClockBreaks.map(spoken).join(', ')}`
  return `clocks: ${what}; a worse one ${lost}`
}

function boundOf(resilience) {
  const sizes = Array.from({ length: 64 }, (_, index) => index + 1)
  const known = formulas.find(([formula]) => sizes.every((n) => formula(n) === resilience(n)))
  return known?.[1] ?? [3, 5, 7].map((n) => `${resilience(n)} of ${n}`).join(', ')
}

function faultTable(algorithms) {
  const kindsOfFault = [...Object.keys(core.faults), 'excess-faults']
  const rows = kindsOfFault.map((fault) => [
    fault === 'excess-faults' ? 'one faulty node more' : spoken(fault),
    ...algorithms.map(({ definition }) => claim(definition, fault)),
  ])
  const claimed = rows.filter(([, ...cells]) => cells.some((cell) => cell !== ''))
  return table([['fault', ...algorithms.map(({ definition }) => `\`${definition.name}\``)], ...claimed])
}

function claim({ name, tolerates, counterexamples }, fault) {
  const broken = counterexamples.filter((each) => each.fault === fault).map(({ breaks }) => spoken(breaks))
  if (!tolerates.includes(fault)) return broken.length === 0 ? '' : `✗ ${broken.join(', ')}`
  if (broken.length > 0) throw new Error(`${name} declares to tolerate ${fault}, and to break by it`)
  return '✓'
}

const spoken = (name) => name.replaceAll('-', ' ')

function table([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
