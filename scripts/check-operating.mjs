/** Follows docs/operating.md in an empty folder, with the command as it was built, and fails where it is wrong. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { follow } from './walkthrough.mjs'
import { report, root } from './workspace.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'quorate-operating-'))
try {
  const [bin, folder] = [join(scratch, 'bin'), join(scratch, 'folder')]
  mkdirSync(bin)
  mkdirSync(folder)
  symlinkSync(join(root, 'apps/node/bin/quorate.js'), join(bin, 'quorate'))
  const problem = await follow('docs/operating.md', folder, { PATH: `${bin}${delimiter}${process.env.PATH}` })
  report('operating', problem === undefined ? [] : [problem])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
