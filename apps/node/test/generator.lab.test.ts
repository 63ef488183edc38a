import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it(
  'a package of each kind is generated, checked, written, tested and attacked by its name',
  { timeout: 600_000 },
  () => {
    const script = fileURLToPath(new URL('../../../scripts/check-generator.mjs', import.meta.url))
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    expect(status, `${stdout}\n${stderr}`).toBe(0)
  },
)
