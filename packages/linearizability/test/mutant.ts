import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Checker from '../src/index.js'

const source = resolve(import.meta.dirname, '../src')
const folder = resolve(import.meta.dirname, '../.cache/mutants')
let count = 0

/** A known mistake: `original`, which must occur exactly once in `src/<file>`, becomes `replacement`. */
export interface Mutant {
  readonly file: string
  readonly original: string
  readonly replacement: string
}

/** The sources by their paths, and what each imports of the others. */
const sources = new Map(
  readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(resolve(source, name), 'utf8')
      const imports = [...text.matchAll(/from '(\.[^']+)\.js'/g)].map(([, relative]) =>
        join(dirname(name), `${relative as string}.ts`),
      )
      return [name, { text, imports }] as const
    }),
)

/** The sources that a mistake in one of them reaches. */
function reachedBy(file: string): Set<string> {
  const reached = new Set([file])
  for (let before = 0; before < reached.size;) {
    before = reached.size
    for (const [name, { imports }] of sources) if (imports.some((each) => reached.has(each))) reached.add(name)
  }
  return reached
}

/**
 * Imports the package with a mistake put in on purpose, without a switch in the code that ships: copies of the sources that the mistake
 * reaches, and the others as they are.
 */
export async function importMutant({ file, original, replacement }: Mutant): Promise<typeof Checker> {
  const occurrences = (sources.get(file)?.text ?? '').split(original).length - 1
  if (occurrences !== 1)
    throw new Error(`"${original}" occurs ${occurrences} times in ${file}; a mutant replaces one place`)
  const copy = resolve(folder, `${process.pid}-${count++}`)
  const reached = reachedBy(file)
  for (const name of reached) {
    const { text } = sources.get(name) as { text: string }
    const mutated = name === file ? text.replace(original, () => replacement) : text
    const path = resolve(copy, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(
      path,
      mutated.replaceAll(/from '(\.[^']+)\.js'/g, (_, relative: string) => {
        const imported = join(dirname(name), `${relative}.ts`)
        return `from '${resolve(reached.has(imported) ? copy : source, imported)}'`
      }),
    )
  }
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(resolve(copy, 'index.ts')).href)) as typeof Checker
  } finally {
    rmSync(copy, { recursive: true })
  }
}
