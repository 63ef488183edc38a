import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The name of the package whose folder this is; `undefined` when it is none. */
export function packageHere(folder: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    // No file, or not one of a package: whoever needs a package there says so.
    return undefined
  }
}

/** Whether `name` is a package's name, or that of the algorithm in it: a package is called kind-algorithm, or scope/algorithm. */
export function goesBy(packageName: string, name: string): boolean {
  return packageName === name || packageName.endsWith(`-${name}`) || packageName.endsWith(`/${name}`)
}
