/** In words, the name that was probably meant, or all that there are. */
export function suggestion(mistyped: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, edits: distance(mistyped.toLowerCase(), name.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.max(2, Math.floor(mistyped.length / 2)))
    .sort((a, b) => a.edits - b.edits)[0]
  return near === undefined ? `there are: ${names.join(', ')}` : `did you mean ${near.name}?`
}

/** How many characters are to be put in, left out or exchanged to make one text the other (V. Levenshtein, 1966). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) {
      const exchanged = (row[column - 1] as number) + (from[line - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[column] as number) + 1, (next[column - 1] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}
