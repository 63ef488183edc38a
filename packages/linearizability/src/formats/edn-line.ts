import { isEventType, Keyword, LineFault, show, type EventScalar, type EventValue, type HistoryEvent } from './event.js'

/**
 * Reads a line that is a map in EDN: `{:process 0, :type :invoke, :f :append, :key "7", :value "x"}`. Keys beyond these five are read
 * over. Values are texts, whole numbers, `nil`, `true`, `false`, keywords, and vectors of these: what histories of single keys need.
 */
export function parseEdnLine(line: string): HistoryEvent | LineFault {
  const reader = new EdnReader(line)
  const fields = reader.readMap()
  if (fields instanceof LineFault) return fields
  const { process, type, f, key, value } = fields
  if (process === undefined) return new LineFault(':process', 'is missing')
  if (typeof process !== 'number' && !(process instanceof Keyword))
    return new LineFault(':process', `must be a number or a keyword, not ${show(process)}`)
  if (type === undefined) return new LineFault(':type', 'is missing')
  if (!(type instanceof Keyword) || !isEventType(type.name))
    return new LineFault(':type', `must be :invoke, :ok, :fail or :info, not ${show(type)}`)
  if (f === undefined) return new LineFault(':f', 'is missing')
  if (!(f instanceof Keyword)) return new LineFault(':f', `must be a keyword, not ${show(f)}`)
  if (key !== undefined && key !== null && typeof key !== 'string' && typeof key !== 'number')
    return new LineFault(':key', `must be a text or a number, not ${show(key)}`)
  return {
    process: typeof process === 'number' ? String(process) : process.name,
    type: type.name,
    f: f.name,
    key: key === undefined || key === null ? undefined : String(key),
    value: value ?? null,
  }
}

/** What is not there is `undefined`. Always of one shape, since there is one for each line. */
interface Fields {
  process: EventValue | undefined
  type: EventValue | undefined
  f: EventValue | undefined
  key: EventValue | undefined
  value: EventValue | undefined
}

const fieldOf: ReadonlyMap<string, keyof Fields> = new Map([
  [':process', 'process'],
  [':type', 'type'],
  [':f', 'f'],
  [':key', 'key'],
  [':value', 'value'],
])

const QUOTE = 34
const COMMA = 44
const SPACE = 32
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' }

class EdnReader {
  readonly #line: string
  #at = 0

  constructor(line: string) {
    this.#line = line
  }

  readMap(): Fields | LineFault {
    const fields: Fields = { process: undefined, type: undefined, f: undefined, key: undefined, value: undefined }
    if (this.#line[this.#at++] !== '{') return new LineFault('line', 'must be a map: it must begin with "{"')
    for (;;) {
      this.#skipSpace()
      if (this.#line[this.#at] === '}') break
      if (this.#at >= this.#line.length) return new LineFault('line', 'ends before the map does: "}" is missing')
      const name = this.#readToken()
      if (!name.startsWith(':') || name.length === 1)
        return new LineFault(
          'line',
          `has ${show(name || (this.#line[this.#at] as string))} at column ${this.#at + 1}, where a keyword must be`,
        )
      const field = fieldOf.get(name)
      if (field !== undefined && fields[field] !== undefined) return new LineFault(name, 'is there twice')
      this.#skipSpace()
      const value = this.#readValue()
      if (value === undefined)
        return new LineFault(name, 'must be a text, a whole number, nil, true, false, a keyword or a vector of these')
      if (field !== undefined) fields[field] = value
    }
    this.#at++
    this.#skipSpace()
    if (this.#at < this.#line.length) return new LineFault('line', 'goes on after the map')
    return fields
  }

  /** Commas are space. */
  #skipSpace(): void {
    for (; this.#at < this.#line.length; this.#at++) {
      const code = this.#line.charCodeAt(this.#at)
      if (code !== SPACE && code !== COMMA && code !== 9) return
    }
  }

  #readToken(): string {
    const start = this.#at
    for (; this.#at < this.#line.length; this.#at++) {
      const code = this.#line.charCodeAt(this.#at)
      // Space, tab, quote, comma, brackets and braces.
      if (code === SPACE || code === 9 || code === QUOTE || code === COMMA) break
      if (code === 91 || code === 93 || code === 123 || code === 125) break
    }
    return this.#line.slice(start, this.#at)
  }

  #readValue(): EventValue | undefined {
    if (this.#line[this.#at] !== '[') return this.#readScalar()
    this.#at++
    const items: EventScalar[] = []
    for (;;) {
      this.#skipSpace()
      if (this.#line[this.#at] === ']') break
      const item = this.#readScalar()
      if (item === undefined) return undefined
      items.push(item)
    }
    this.#at++
    return items
  }

  #readScalar(): EventScalar | undefined {
    if (this.#line.charCodeAt(this.#at) === QUOTE) return this.#readText()
    const token = this.#readToken()
    switch (token) {
      case 'nil':
        return null
      case 'true':
        return true
      case 'false':
        return false
    }
    if (/^-?\d+$/.test(token)) {
      const number = Number(token)
      return Number.isSafeInteger(number) ? number : undefined
    }
    return token.length > 1 && token.startsWith(':') ? new Keyword(token.slice(1)) : undefined
  }

  #readText(): string | undefined {
    const start = ++this.#at
    const end = this.#line.indexOf('"', start)
    if (end === -1) return undefined
    const plain = this.#line.slice(start, end)
    if (!plain.includes('\\')) {
      this.#at = end + 1
      return plain
    }
    const parts: string[] = []
    for (; this.#at < this.#line.length; this.#at++) {
      const char = this.#line[this.#at] as string
      if (char === '"') {
        this.#at++
        return parts.join('')
      }
      if (char !== '\\') {
        parts.push(char)
        continue
      }
      const escaped = escapes[this.#line[++this.#at] ?? '']
      if (escaped === undefined) return undefined
      parts.push(escaped)
    }
    return undefined
  }
}
