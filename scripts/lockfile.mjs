/** What `pnpm install` would write into the lockfile for a package that depends on nothing but others of the workspace. */
import { relative } from 'node:path'

/**
 * `text`, a pnpm lockfile, with an importer for the package in `dir`. `folders`: where each package of the workspace is, by its
 * name. Throws for a dependency that is not one of them: what it resolves to, the lockfile alone does not tell.
 */
export function withImporter(text, dir, manifest, folders) {
  const lines = text.split('\n')
  const begin = lines.indexOf('importers:') + 1
  const end = lines.findIndex((line, index) => index >= begin && /^\S/.test(line))
  if (begin === 0 || end < 0) throw new Error('pnpm-lock.yaml has no importers')
  const headings = lines.flatMap((line, index) => (index > begin && index < end && /^ {2}\S/.test(line) ? [index] : []))
  const place = headings.find((index) => lines[index].trim().slice(0, -1) > dir) ?? end
  lines.splice(place, 0, ...importer(dir, manifest, folders), '')
  return lines.join('\n')
}

function importer(dir, manifest, folders) {
  const groups = ['dependencies', 'devDependencies'].flatMap((group) => {
    const each = Object.entries(manifest[group] ?? {}).flatMap(([name, specifier]) => {
      const folder = folders.get(name)
      if (folder === undefined || !specifier.startsWith('workspace:'))
        throw new Error(`${dir}/package.json: ${name} is no package of the workspace`)
      return [`      '${name}':`, `        specifier: ${specifier}`, `        version: link:${relative(dir, folder)}`]
    })
    return each.length === 0 ? [] : [`    ${group}:`, ...each]
  })
  return [`  ${dir}:`, ...groups]
}
