import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

export const vectors = resolve(root, process.env['QUORATE_VECTORS'] ?? '../shared/vectors', 'linearizability')

/** A recorded history, and whether it is linearizable. */
export interface LabelledHistory {
  readonly file: string
  readonly text: string
  readonly linearizable: boolean
}

/** Those of `folder`: labelled by its `expected.json`, or by their names. */
export function readLabelled(folder: string): LabelledHistory[] {
  const path = resolve(vectors, folder)
  const names = readdirSync(path).filter((name) => !name.endsWith('.json'))
  const labels = existsSync(resolve(path, 'expected.json'))
    ? (JSON.parse(readFileSync(resolve(path, 'expected.json'), 'utf8')) as Record<string, boolean>)
    : Object.fromEntries(names.map((name) => [name, name.includes('-ok')]))
  return names.map((name) => {
    const linearizable = labels[name]
    if (linearizable === undefined) throw new Error(`${path} has no label for ${name}`)
    return { file: name, text: readFileSync(resolve(path, name), 'utf8'), linearizable }
  })
}

/** Runs `check` on the histories of a folder. Without it: a skipped test that says so, or, under CI, a failing one. */
export function withLabelled(
  folder: string,
  title: string,
  check: (histories: readonly LabelledHistory[]) => void,
): void {
  const path = resolve(vectors, folder)
  if (existsSync(path)) {
    it(title, () => check(readLabelled(folder)))
  } else if (process.env['CI'] === 'true') {
    it(title, () => {
      throw new Error(`${path} does not exist; put the vectors there or name their folder in QUORATE_VECTORS`)
    })
  } else {
    it.skip(`${title} (skipped: no ${path}; set QUORATE_VECTORS)`)
  }
}
