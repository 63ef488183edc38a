import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../..')

/** Processes of their own cannot load the sources, so what they stand on is built before all tests: the log, too, that they write. */
export function setup(): void {
  const compiler = resolve(folder, '../../node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(compiler, ['-b', '.', '../write-ahead-log'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the packages cannot be built:\n${stdout}`)
}
