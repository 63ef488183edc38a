import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const packages = resolve(import.meta.dirname, '../..')
const folder = resolve(import.meta.dirname, '../.cache/mutants')
let count = 0

/** One place of one file, and what stands there instead. */
export interface Edit {
  readonly file: string
  readonly original: string
  readonly replacement: string
}

/**
 * Imports `module` from a copy of a package's sources with each edit made, whose original must occur exactly once: a known mistake,
 * put in on purpose, without a switch in the code that ships.
 */
export async function importMutant<Module>(ofPackage: string, edits: readonly Edit[], module: string): Promise<Module> {
  const source = resolve(packages, ofPackage, 'src')
  const copy = resolve(folder, `${process.pid}-${count++}`)
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const to = resolve(copy, file)
    mkdirSync(dirname(to), { recursive: true })
    const text = readFileSync(resolve(source, file), 'utf8')
    const mutated = edits.filter((edit) => edit.file === file).reduce(make, text)
    const absolute = (_: string, name: string): string => `from '${resolve(dirname(to), name)}.ts'`
    writeFileSync(to, mutated.replaceAll(/from '(\.\.?\/[^']+)\.js'/g, absolute))
  }
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(resolve(copy, module)).href)) as Module
  } finally {
    rmSync(copy, { recursive: true })
  }
}

function make(text: string, { file, original, replacement }: Edit): string {
  const occurrences = text.split(original).length - 1
  if (occurrences !== 1) {
    throw new Error(`"${original}" occurs ${occurrences} times in ${file}; a mutant replaces one place`)
  }
  return text.replace(original, () => replacement)
}
