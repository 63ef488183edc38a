import { QuorateError } from '@quorate/core'

/** One way to ask: how much at once, whom, what, and for how many keys. */
export interface Case {
  readonly operation: 'put' | 'read'
  readonly connections: number
  readonly inFlight: number
  readonly at: 'leader' | 'follower'
  readonly keys: number
}

/** As large as the store of an ordinary use, and small enough to be written before every round. */
export const manyKeysCount = 10_000

const facets = [
  ['put', 'read'],
  ['1x1', '1x100', '10x100'],
  ['leader', 'follower'],
  ['one', 'many'],
] as const

/** All cases, in the table's order. */
export const allCases: readonly Case[] = facets[0].flatMap((operation) =>
  facets[1].flatMap((shape) =>
    facets[2].flatMap((at) =>
      facets[3].map((keys): Case => {
        const [connections, inFlight] = shape.split('x').map(Number) as [number, number]
        return { operation, connections, inFlight, at, keys: keys === 'one' ? 1 : manyKeysCount }
      }),
    ),
  ),
)

/** A case's words: `put 1x100 leader one`. */
export function wordsOf({ operation, connections, inFlight, at, keys }: Case): readonly string[] {
  return [operation, `${connections}x${inFlight}`, at, keys === 1 ? 'one' : 'many']
}

/**
 * The cases that the words select: those that have, of each facet, one of the words given for it, or any if none is. All without words.
 * Throws `QUORATE_BENCH_CASES` for a word that no case has.
 */
export function selectedCases(words: readonly string[]): readonly Case[] {
  const known: readonly string[] = facets.flat()
  const unknown = words.find((word) => !known.includes(word))
  if (unknown !== undefined) {
    throw new QuorateError('QUORATE_BENCH_CASES', `no case has "${unknown}"; the words are ${known.join(', ')}`)
  }
  return allCases.filter((each) =>
    wordsOf(each).every((word, facet) => {
      const given = words.filter((candidate) => (facets[facet] as readonly string[]).includes(candidate))
      return given.length === 0 || given.includes(word)
    }),
  )
}
