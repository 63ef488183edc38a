import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = resolve(import.meta.dirname, '../.cache/mutants')
let made = 0

/**
 * Imports a copy of a file of this folder in which `original`, which must occur exactly once, is replaced by a mistake: so a
 * check is seen to fail without a switch in what it checks.
 */
export async function importMutant<Module>(file: string, original: string, mistake: string): Promise<Module> {
  const path = resolve(import.meta.dirname, file)
  const text = readFileSync(path, 'utf8')
  const places = text.split(original).length - 1
  if (places !== 1) throw new Error(`"${original}" stands in ${places} places of ${file}; a mutant changes one`)
  const mutated = text
    .replace(original, () => mistake)
    .replaceAll(/from '(\.[^']+)\.js'/g, (_, to: string) => `from '${resolve(dirname(path), to)}.ts'`)
  mkdirSync(folder, { recursive: true })
  const copy = resolve(folder, `${process.pid}-${made++}.ts`)
  writeFileSync(copy, mutated)
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(copy).href)) as Module
  } finally {
    rmSync(copy)
  }
}
