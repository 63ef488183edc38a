import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('docs/simulating.md, followed word by word, prints what it says', () => {
  const script = fileURLToPath(new URL('../../../scripts/check-document.mjs', import.meta.url))
  const printed = execFileSync(process.execPath, [script, 'simulating'], { encoding: 'utf8' })
  expect(printed).toContain('simulating: all well')
})
