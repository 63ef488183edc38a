import { HOPELESS, REFUSED, type Machine, type Model } from '../model.js'
import { invalidOperation, type Operation } from '../operation.js'

/** `append` adds to the end of the key's text, which begins as `""`; `put` replaces the text. */
export type KvAppendInput =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'append' | 'put'; readonly key: string; readonly value: string }

/** Of a get, the text; of an append and a put, `true`. */
export type KvAppendOutput = string | true

/** Keys of text that grows at its end. Each key is checked apart; one that is never put is checked fastest. */
export function kvAppendModel(): Model<KvAppendInput, KvAppendOutput> {
  return {
    name: 'kv-append',
    key: ({ key }) => key,
    inputKey: (input) => (input.type === 'get' ? 'get' : `${input.type} ${input.value}`),
    start,
    describe(input, output) {
      if (input.type !== 'get') return `${input.type} ${show(input.value)}`
      return output === undefined ? 'get' : `get → ${show(output as string)}`
    },
  }
}

/** A text is a rope: the text before its last piece, and that piece. It is compared with what gets read, and never put together. */
class Ropes {
  readonly parent = [-1]
  readonly piece = [-1]
  readonly length = [0]
  /** The chain that this text is known to be a prefix of, -2 - chain when it is known not to be; -1 when nothing is known. */
  readonly #prefixOf = [-1]
  readonly #pieces: readonly string[]
  readonly #children = new Map<number, number>()

  constructor(pieces: readonly string[]) {
    this.#pieces = pieces
  }

  append(rope: number, piece: number): number {
    const key = rope * this.#pieces.length + piece
    const known = this.#children.get(key)
    if (known !== undefined) return known
    const made = this.parent.push(rope) - 1
    this.piece.push(piece)
    this.length.push((this.length[rope] as number) + (this.#pieces[piece] as string).length)
    this.#prefixOf.push(-1)
    this.#children.set(key, made)
    return made
  }

  isPrefix(rope: number, text: string, chain: number): boolean {
    // Up to the nearest text of which it is known, then down again.
    const path: number[] = []
    let at = rope
    while (at !== 0 && this.#prefixOf[at] !== chain && this.#prefixOf[at] !== -2 - chain) {
      path.push(at)
      at = this.parent[at] as number
    }
    let holds = at === 0 || this.#prefixOf[at] === chain
    for (let each = path.pop(); each !== undefined; each = path.pop()) {
      holds &&= text.startsWith(this.#pieces[this.piece[each] as number] as string, this.length[at] as number)
      this.#prefixOf[each] = holds ? chain : -2 - chain
      at = each
    }
    return holds
  }

  text(rope: number): string {
    const parts: string[] = []
    for (let at = rope; at !== 0; at = this.parent[at] as number)
      parts.push(this.#pieces[this.piece[at] as number] as string)
    return parts.reverse().join('')
  }
}

/**
 * The texts that were read, in chains: in one, each is a prefix of the longer ones. In a linearizable history there is one chain. To be a
 * prefix of a text is then to be one of its chain's longest, and no longer than the text.
 */
class Chains {
  readonly longest: string[] = []
  readonly #chainOf = new Map<string, number>()

  constructor(texts: Iterable<string>) {
    for (const text of [...new Set(texts)].sort((a, b) => a.length - b.length)) {
      // Only the newest few are tried: more chains than need be cost time, not correctness.
      const oldest = Math.max(0, this.longest.length - 8)
      let chain = this.longest.length - 1
      while (chain >= oldest && !text.startsWith(this.longest[chain] as string)) chain--
      if (chain < oldest) chain = this.longest.length
      this.longest[chain] = text
      this.#chainOf.set(text, chain)
    }
  }

  of(text: string): number {
    return this.#chainOf.get(text) as number
  }
}

function start(operations: readonly Operation<KvAppendInput, KvAppendOutput>[]): Machine {
  const pieces: string[] = []
  const pieceNumbers = new Map<string, number>()
  // Of an append and a put, its piece; of a get, -1.
  const pieceOf = new Int32Array(operations.length).fill(-1)
  operations.forEach(({ input, output }, index) => {
    if (input.type === 'get') {
      if (output !== undefined && typeof output !== 'string')
        throw invalidOperation(index, 'output', output, 'a text for a get')
      return
    }
    if (input.type !== 'append' && input.type !== 'put')
      throw invalidOperation(index, 'input.type', (input as { type: unknown }).type, 'get, append or put')
    if (typeof input.value !== 'string') throw invalidOperation(index, 'input.value', input.value, 'a text')
    if (output !== undefined && output !== true)
      throw invalidOperation(index, 'output', output, `true for ${input.type}`)
    let piece = pieceNumbers.get(input.value)
    if (piece === undefined) {
      piece = pieces.push(input.value) - 1
      pieceNumbers.set(input.value, piece)
    }
    pieceOf[index] = piece
  })
  const read = operations.map(({ output }) => output).filter((output) => typeof output === 'string')
  const chains = new Chains(read)
  const chainOf = Int32Array.from(operations, ({ output }) => (typeof output === 'string' ? chains.of(output) : -1))
  const ropes = new Ropes(pieces)
  const isPut = Uint8Array.from(operations, ({ input }) => (input.type === 'put' ? 1 : 0))
  // Texts only grow, unless they are replaced: what is no prefix of an answer never becomes that answer.
  const mismatch = isPut.includes(1) ? REFUSED : HOPELESS

  return {
    initial: 0,
    step(state, index) {
      const piece = pieceOf[index] as number
      if (piece >= 0) {
        const before = isPut[index] === 1 ? 0 : state
        // What is appended is nothing: the text stays the same one.
        return pieces[piece] === '' ? before : ropes.append(before, piece)
      }
      const chain = chainOf[index] as number
      if (chain < 0) return state
      const length = ropes.length[state] as number
      const wanted = ((operations[index] as Operation<KvAppendInput, KvAppendOutput>).output as string).length
      if (length > wanted || !ropes.isPrefix(state, chains.longest[chain] as string, chain)) return mismatch
      return length === wanted ? state : REFUSED
    },
    describe: (state) => show(ropes.text(state)),
  }
}

/** The end of a long text says more than its beginning. */
function show(text: string): string {
  return text.length <= 40 ? JSON.stringify(text) : `…${JSON.stringify(text.slice(-36))}`
}
