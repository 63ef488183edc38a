/** Removes what builds and type checks leave behind, and nothing else. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readPackages, root } from './workspace.mjs'

for (const { dir } of readPackages())
  for (const left of ['dist', '.cache', '.turbo']) rmSync(join(root, dir, left), { recursive: true, force: true })
