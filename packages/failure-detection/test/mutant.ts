import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** The package with one mistake put in on purpose: `original` in `file` is replaced by `replacement`, and the copy imported. */
export async function mutant<Module>(
  name: string,
  file: string,
  original: string,
  replacement: string,
): Promise<Module> {
  const folder = join(packageFolder, '.cache', 'mutants', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(join(packageFolder, 'src'), folder, { recursive: true })
  const source = readFileSync(join(folder, file), 'utf8')
  const parts = source.split(original)
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${original}`)
  writeFileSync(join(folder, file), parts.join(replacement))
  return (await import(pathToFileURL(join(folder, 'index.ts')).href)) as Module
}
