import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const source = resolve(import.meta.dirname, '../src')
const folder = resolve(import.meta.dirname, '../.cache/mutants')
let count = 0

/**
 * Imports a copy of this package in which `original`, which must occur exactly once in `src/<file>`, is replaced: a known mistake,
 * put in on purpose, without a switch in the code that ships.
 */
export async function importMutant<Module>(file: string, original: string, replacement: string): Promise<Module> {
  const copy = resolve(folder, `${process.pid}-${count++}`)
  mkdirSync(copy, { recursive: true })
  for (const each of readdirSync(source)) {
    const text = readFileSync(resolve(source, each), 'utf8')
    if (each === file) {
      const occurrences = text.split(original).length - 1
      if (occurrences !== 1)
        throw new Error(`"${original}" occurs ${occurrences} times in ${file}; a mutant replaces one place`)
    }
    const mutated = each === file ? text.replace(original, () => replacement) : text
    writeFileSync(
      resolve(copy, each),
      mutated.replaceAll(/from '\.\/([^']+)\.js'/g, (_, name: string) => `from '${resolve(copy, name)}.ts'`),
    )
  }
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(resolve(copy, 'index.ts')).href)) as Module
  } finally {
    rmSync(copy, { recursive: true })
  }
}
