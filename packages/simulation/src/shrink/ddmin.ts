/**
 * A part of `items` that still `fails`, and from which no single item can be left out: found by leaving out ever smaller chunks. `fails`
 * of all items is taken for granted. Chunks are not tried alone, which would double the questions and seldom answer one.
 *
 * A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE Transactions on Software Engineering 28(2), 2002.
 */
export function ddmin<T>(items: readonly T[], fails: (items: readonly T[]) => boolean): readonly T[] {
  // What fails in any case fails with nothing: the most that one question can save.
  if (items.length === 0 || fails([])) return []
  let rest = items
  for (let chunks = 2; rest.length >= 2;) {
    const smaller = leavingOutEach(rest, chunks).find((part) => fails(part))
    if (smaller !== undefined) {
      rest = smaller
      chunks = Math.min(Math.max(chunks - 1, 2), rest.length)
    } else if (chunks < rest.length) chunks = Math.min(2 * chunks, rest.length)
    else break
  }
  return rest
}

/** What is left of `items` without each of so many chunks. */
function leavingOutEach<T>(items: readonly T[], chunks: number): readonly (readonly T[])[] {
  const bound = (chunk: number): number => Math.floor((chunk * items.length) / chunks)
  return Array.from({ length: chunks }, (_, chunk) => [
    ...items.slice(0, bound(chunk)),
    ...items.slice(bound(chunk + 1)),
  ])
}
