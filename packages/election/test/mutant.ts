import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const source = resolve(import.meta.dirname, '../src')
const folder = resolve(import.meta.dirname, '../.cache/mutants')
let count = 0

/**
 * Imports a copy of `src/<file>` in which `original`, which must occur exactly once, is replaced: a known mistake, put in on
 * purpose, without a switch in the code that ships.
 */
export async function importMutant<Module>(file: string, original: string, replacement: string): Promise<Module> {
  const path = resolve(source, file)
  const text = readFileSync(path, 'utf8')
  const occurrences = text.split(original).length - 1
  if (occurrences !== 1) {
    throw new Error(`"${original}" occurs ${occurrences} times in ${file}; a mutant replaces one place`)
  }
  const mutated = text
    .replace(original, () => replacement)
    .replaceAll(/from '(\.[^']+)\.js'/g, (_, relative: string) => `from '${resolve(dirname(path), relative)}.ts'`)
  mkdirSync(folder, { recursive: true })
  const copy = resolve(folder, `${process.pid}-${count++}.ts`)
  writeFileSync(copy, mutated)
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(copy).href)) as Module
  } finally {
    rmSync(copy)
  }
}
