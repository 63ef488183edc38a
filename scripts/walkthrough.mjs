/**
 * Follows a document as its reader would.
 *
 * A fenced block whose tag is followed by a file's name is that file. A block tagged `sh` is run, and must end with exit code 0, or
 * with the one behind `exit=`; a `text` block right after it is what it prints, where `…` stands for anything. A block begins where the
 * one before it has gone with `cd`. Blocks tagged `sh checkout` and `sh example` are read only.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blocksOf, matches } from './examples.mjs'
import { root } from './workspace.mjs'

const timeoutMs = 120_000

/** Follows `document` in `folder`. Returns what is wrong with it, or undefined; a line for each block says that it was run. */
export async function follow(document, folder, env = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'quorate-walkthrough-'))
  const reader = { folder, note: join(scratch, 'folder'), env }
  try {
    const blocks = blocksOf(readFileSync(join(root, document), 'utf8'))
    for (const [index, { tag, words, body }] of blocks.entries()) {
      if (tag !== 'sh') {
        if (words[0] !== undefined) writeFileSync(join(reader.folder, words[0]), body)
      } else if (!words.includes('checkout') && !words.includes('example')) {
        const problem = await obey(body, words, blocks[index + 1], reader)
        if (problem !== undefined) return `${document}: ${problem}`
      }
    }
    return undefined
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function obey(commands, words, next, reader) {
  const expected = Number(words.find((word) => word.startsWith('exit='))?.slice('exit='.length) ?? 0)
  const started = performance.now()
  const { code, printed, complaints } = await shell(commands, reader)
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
  if (code !== expected)
    return `should end with ${expected} and ended with ${code}:\n${commands}\n${printed}${complaints}`
  if (next?.tag === 'text' && !matches(printed, next.body))
    return `${commands}should print\n\n${next.body}\nand printed\n\n${printed}${complaints}`
  console.log(`✓ ${commands.trimEnd().split('\n').at(-1)} (${took})`)
  return undefined
}

/** Runs commands where the reader is, and remembers where they lead. Whatever they leave running ends with them. */
function shell(commands, reader) {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `trap 'pwd > "$QUORATE_WALKTHROUGH"' EXIT\n${commands}`], {
      cwd: reader.folder,
      env: { ...process.env, NO_COLOR: '1', ...reader.env, QUORATE_WALKTHROUGH: reader.note },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const end = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        if (error.code !== 'ESRCH') throw error
      }
    }
    const timer = setTimeout(end, timeoutMs)
    let printed = ''
    let complaints = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => (printed += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk) => (complaints += chunk))
    child.on('error', reject)
    child.on('exit', end)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      // Ended from outside, it left no note.
      if (signal === null) reader.folder = readFileSync(reader.note, 'utf8').trimEnd()
      resolve({ code: code ?? `ended by ${signal}`, printed, complaints })
    })
  })
}
