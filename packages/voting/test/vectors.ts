import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const folder = resolve(root, process.env['QUORATE_VECTORS'] ?? '../shared/vectors', 'quorum')

/** One block of a vector file: what is asked, and the last line of what is expected. */
export interface VectorBlock {
  readonly line: number
  readonly command: string
  readonly arguments: ReadonlyMap<string, readonly string[]>
  readonly expected: string
}

/** Runs `check` on each block of a vector file. Without the file: a skipped test that says so, or, under CI, a failing one. */
export function eachVector(file: string, title: string, check: (block: VectorBlock) => void): void {
  const path = resolve(folder, file)
  if (existsSync(path)) {
    it(title, () => {
      const blocks = parse(readFileSync(path, 'utf8'))
      if (blocks.length === 0) throw new Error(`${path} holds no block`)
      for (const block of blocks) check(block)
    })
  } else if (process.env['CI'] === 'true') {
    it(title, () => {
      throw new Error(`${path} does not exist; put the vectors there or name their folder in QUORATE_VECTORS`)
    })
  } else {
    it.skip(`${title} (skipped: no ${path}; set QUORATE_VECTORS)`)
  }
}

function parse(text: string): VectorBlock[] {
  const blocks: VectorBlock[] = []
  const lines = text.split('\n').map((line) => line.trimEnd())
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (line === '' || line.startsWith('#')) continue
    const start = at
    const end = lines.indexOf('', start)
    const block = lines.slice(start, end === -1 ? undefined : end)
    const divider = block.indexOf('----')
    if (divider !== 1) throw new Error(`line ${start + 1}: a command and a line "----" were expected`)
    blocks.push({
      line: start + 1,
      command: line.split(' ')[0] as string,
      arguments: new Map(
        [...line.matchAll(/(\w+)=\(([^)]*)\)/g)].map(([, key, list]) => [
          key as string,
          (list as string).split(',').map((each) => each.trim()),
        ]),
      ),
      expected: block.at(-1) as string,
    })
    at = start + block.length
  }
  return blocks
}
