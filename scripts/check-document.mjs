/** Follows a document of docs/, named without its ending, in an empty folder, with the command as it was built, and fails where it is wrong. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { follow } from './walkthrough.mjs'
import { report, root } from './workspace.mjs'

const [name] = process.argv.slice(2)
const scratch = mkdtempSync(join(tmpdir(), `quorate-${name}-`))
try {
  const [bin, folder] = [join(scratch, 'bin'), join(scratch, 'folder')]
  mkdirSync(bin)
  mkdirSync(folder)
  symlinkSync(join(root, 'apps/node/bin/quorate.js'), join(bin, 'quorate'))
  // What is printed to be run again begins with npx.
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  const problem = await follow(`docs/${name}.md`, folder, { PATH: `${bin}${delimiter}${process.env.PATH}` })
  report(name, problem === undefined ? [] : [problem])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
