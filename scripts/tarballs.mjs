/** Packing packages as they would be published. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, run } from './steps.mjs'

const fileOf = ({ name, manifest }) => `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`

/** Packs them into a folder. Returns the path of each one's tarball by its name; throws with pnpm's words when one can't be packed. */
export async function pack(packages, folder) {
  mkdirSync(folder, { recursive: true })
  const filters = packages.flatMap(({ name }) => ['--filter', name])
  const { code, output } = await run(...pnpm('--recursive', ...filters, 'pack', '--pack-destination', folder))
  const tarballs = pathsIn(folder, packages)
  const missing = [...tarballs].filter(([, path]) => !existsSync(path)).map(([name]) => name)
  if (code !== 0 || missing.length > 0) throw new Error(`cannot pack ${missing.join(', ')}:\n${output}`)
  return tarballs
}

/**
 * The same, except that tarballs which another step of this run has put into the folder of `QUORATE_TARBALLS` are taken from there,
 * and others put there.
 */
export async function packed(packages, folder) {
  const shared = process.env.QUORATE_TARBALLS ?? folder
  const tarballs = pathsIn(shared, packages)
  const rest = packages.filter(({ name }) => !existsSync(tarballs.get(name)))
  if (rest.length > 0) await pack(rest, shared)
  return tarballs
}

function pathsIn(folder, packages) {
  return new Map(packages.map((each) => [each.name, join(folder, fileOf(each))]))
}
