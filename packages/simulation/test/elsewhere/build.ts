import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../..')

/** Tests in another process and in a browser run what is published, so it is built once before all tests. */
export function setup(): void {
  const compiler = resolve(folder, '../../node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(compiler, ['-b'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the packages cannot be built:\n${stdout}`)
}
