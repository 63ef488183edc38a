import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Tests of the command run the built program: what is built must be what is in the sources. */
export function setup(): void {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [compiler, '-b'], { cwd: folder, stdio: 'inherit' })
}
