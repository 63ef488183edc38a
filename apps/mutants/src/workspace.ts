import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The workspace's root, from a source as from what is built of it. */
export const root = join(import.meta.dirname, '../../..')

/** Where a package's folder stands, by its name. */
export function packageFolder(name: string): string {
  const folder = ['packages', 'apps'].map((parent) => join(root, parent, name)).find((path) => existsSync(path))
  if (folder === undefined) throw new Error(`there is no package ${name}`)
  return folder
}

/** For what is made on the way. */
export const cacheFolder = join(root, 'apps/mutants/.cache')
