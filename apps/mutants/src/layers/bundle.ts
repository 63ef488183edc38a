import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { editedSources } from '../edits.js'
import type { Mutant } from '../mutant.js'
import { cacheFolder, root } from '../workspace.js'

/**
 * Bundles a module of this package with everything of ours that it uses, from sources: with a mutant, as that has them. So every package
 * sees the bug, and nothing that ships is touched. Returns the file.
 */
export async function bundle(name: string, entry: string, mutant?: Pick<Mutant, 'package' | 'edits'>): Promise<string> {
  const sources = mutant === undefined ? new Map<string, string>() : editedSources(mutant)
  const used = new Set<string>()
  const build = await rolldown({
    input: join(root, 'apps/mutants/src', entry),
    platform: 'node',
    // What is not ours stays where it is.
    external: (id) => !/^[./]|^@quorate\/|^quorate$/.test(id),
    resolve: { conditionNames: ['@quorate/source', 'import', 'default'], extensionAlias: { '.js': ['.ts', '.js'] } },
    plugins: [
      {
        name: 'mutant',
        load(id) {
          const code = sources.get(id)
          if (code === undefined) return null
          used.add(id)
          return { code, moduleType: 'ts' }
        },
      },
    ],
  })
  mkdirSync(cacheFolder, { recursive: true })
  const file = join(cacheFolder, `${name}-${process.pid}.mjs`)
  await build.write({ file, format: 'esm' })
  await build.close()
  const unused = [...sources.keys()].filter((path) => !used.has(path))
  if (unused.length > 0) throw new Error(`${name}: ${entry} does not use ${unused.join(', ')}`)
  return file
}
