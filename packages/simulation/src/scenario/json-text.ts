/** A value of a JSON text and the line that it begins on. */
export type JsonNode = { readonly line: number } & (
  | { readonly type: 'scalar'; readonly value: string | number | boolean | null }
  | { readonly type: 'list'; readonly items: readonly JsonNode[] }
  | { readonly type: 'object'; readonly members: readonly JsonMember[] }
)

export interface JsonMember {
  readonly name: string
  readonly value: JsonNode
}

/** What is wrong with a text that is no JSON, and on which line. */
export class NotJson extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/**
 * Reads JSON, which may have comments, from one line to the end of it and between marks, keeping lines: what `JSON.parse` forgets. Throws
 * `NotJson`.
 */
export function readJson(text: string): JsonNode {
  return new JsonReader(text).read()
}

/** Deeper texts are refused, so that none overflows the stack. */
const deepest = 32

const blank = /(?:[ \t\r\n]|\/\/[^\n]*|\/\*[^]*?\*\/)*/y
const string = /"(?:[^"\\\n]|\\[^\n])*"/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const word = /[A-Za-z]+/y
const words: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

class JsonReader {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  read(): JsonNode {
    const node = this.#value(0)
    if (this.#peek() !== '') throw this.#unexpected('the end')
    return node
  }

  #value(depth: number): JsonNode {
    if (depth > deepest) throw new NotJson(this.#line, `it is nested more than ${deepest} deep`)
    const first = this.#peek()
    const line = this.#line
    if (first === '{') return { type: 'object', line, members: this.#sequence('}', () => this.#member(depth)) }
    if (first === '[') return { type: 'list', line, items: this.#sequence(']', () => this.#value(depth + 1)) }
    return { type: 'scalar', line, value: this.#scalar(first) }
  }

  #member(depth: number): JsonMember {
    if (this.#peek() !== '"') throw this.#unexpected('a name in quotes')
    const name = this.#string()
    if (this.#peek() !== ':') throw this.#unexpected('a colon')
    this.#at++
    return { name, value: this.#value(depth + 1) }
  }

  /** What stands between brackets, with commas in between. */
  #sequence<T>(end: string, next: () => T): T[] {
    this.#at++
    const items: T[] = []
    if (this.#peek() !== end) {
      items.push(next())
      for (; this.#peek() === ','; items.push(next())) this.#at++
    }
    if (this.#peek() !== end) throw this.#unexpected(`a comma or ${end}`)
    this.#at++
    return items
  }

  #scalar(first: string): string | number | boolean | null {
    if (first === '"') return this.#string()
    const digits = this.#match(number)
    if (digits !== undefined) return Number(digits)
    const at = this.#at
    const value = words.get(this.#match(word) ?? '')
    if (value !== undefined) return value
    this.#at = at
    throw this.#unexpected('a value')
  }

  #string(): string {
    const quoted = this.#match(string)
    if (quoted === undefined) throw new NotJson(this.#line, 'a quote is not closed on its line')
    try {
      return JSON.parse(quoted) as string
    } catch {
      throw new NotJson(this.#line, `${quoted} holds an escape or a character that strings do not have`)
    }
  }

  /** The next character that counts; empty at the end. */
  #peek(): string {
    const skipped = this.#match(blank) ?? ''
    this.#line += skipped.split('\n').length - 1
    return this.#text.charAt(this.#at)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #unexpected(wanted: string): NotJson {
    const found = this.#match(word) ?? this.#text.charAt(this.#at)
    return new NotJson(this.#line, `${found === '' ? 'it ends' : `"${found}" stands`} where ${wanted} should`)
  }
}
