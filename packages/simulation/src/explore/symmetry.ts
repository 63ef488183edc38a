import type { NodeId } from '@quorate/core'
import { textOf } from './digest.js'

/** A way to give the nodes each other's names: by place, whose name each gets. */
export type Renaming = readonly number[]

/** All renamings of so many nodes, the first of which changes nothing. */
export function renamings(nodes: number): readonly Renaming[] {
  if (nodes === 0) return [[]]
  return renamings(nodes - 1)
    .flatMap((shorter) => Array.from({ length: nodes }, (_, place) => shorter.toSpliced(place, 0, nodes - 1)))
    .sort((a, b) => compareLists(a, b))
}

export function compareLists(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((each, at) => each !== b[at])
  return place < 0 ? 0 : (a[place] as number) - (b[place] as number)
}

/** The text of a value in which every node has the name that it gets, in keys, in texts and in bytes. */
export function renamedText(value: unknown, ids: readonly NodeId[], renaming: Renaming): string {
  const pattern = new RegExp(ids.join('|'), 'g')
  const name = (text: string): string =>
    text.replace(pattern, (id) => ids[renaming[ids.indexOf(id)] as number] as string)
  const walk = (each: unknown): unknown => {
    if (typeof each === 'string') return name(each)
    if (each instanceof Uint8Array) return name(`\u0000${String.fromCharCode(...each)}`)
    if (Array.isArray(each)) return each.map(walk)
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([key, member]) => [name(key), walk(member)]))
  }
  return textOf(walk(value))
}
