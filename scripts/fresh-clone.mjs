/** A copy of this repository as a clone would have it, with what has not been committed yet, and nothing of what git ignores. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { readPackages, root } from './workspace.mjs'

/** Makes it at `folder`. `built`: with what has been built here, so that building there takes no time. */
export function cloneTo(folder, { built = false } = {}) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  const files = listed.toString().split('\0').slice(0, -1)
  const outputs = built ? readPackages().map(({ dir }) => `${dir}/dist`) : []
  for (const path of [...files, ...outputs]) {
    // Git names what has been removed and not been committed, too.
    if (!existsSync(join(root, path))) continue
    cpSync(join(root, path), join(folder, path), { recursive: true, preserveTimestamps: true })
  }
  // Tools look for it to know what is ignored.
  execFileSync('git', ['init', '--quiet'], { cwd: folder })
}

/**
 * The environment of a machine that has the packages that are installed there, where this one has them, and knows nothing else of any
 * registry: what can be resolved only by what pnpm remembers of other days fails. `scratch`: a folder of its own.
 */
export function installEnv(scratch) {
  return {
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_cache_dir: join(scratch, 'pnpm-cache'),
  }
}
