import { distance } from 'fastest-levenshtein'

/** The name that `mistyped` was probably meant to be, if any is near enough. */
export function nearest(mistyped: string, names: readonly string[]): string | undefined {
  let found: string | undefined
  let least = Math.max(2, Math.floor(mistyped.length / 2))
  for (const name of names) {
    const edits = distance(mistyped.toLowerCase(), name.toLowerCase())
    if (edits > least || (edits === least && found !== undefined)) continue
    least = edits
    found = name
  }
  return found
}
