/** A control sequence, or one character. */
const sequences = new RegExp(String.raw`${'\u001B'}\[\??[\d;]*[a-zA-Z]|[^]`, 'g')

/** A terminal that only remembers: it understands as much of what is written to it as is used. */
export class Screen {
  readonly columns: number
  readonly rows: number
  cursorShown = true
  readonly #lines: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  /** What stands on it, scrolled away or not, without colours. */
  get lines(): readonly string[] {
    return this.#lines.map((line) => line.trimEnd())
  }

  readonly write = (text: unknown): boolean => {
    for (const [part] of String(text).matchAll(sequences)) {
      if (part.length > 1) this.#control(part)
      else if (part === '\n') this.#newLine()
      else if (part === '\r') this.#column = 0
      else this.#put(part)
    }
    return true
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#newLine()
    const line = (this.#lines[this.#row] ?? '').padEnd(this.#column)
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1)
    this.#column++
  }

  #newLine(): void {
    this.#row++
    this.#column = 0
    this.#lines[this.#row] ??= ''
  }

  #control(sequence: string): void {
    const line = this.#lines[this.#row] ?? ''
    const kind = sequence.at(-1)
    if (kind === 'A') {
      // Lines that have scrolled away cannot be reached.
      const top = Math.max(0, this.#lines.length - this.rows)
      this.#row = Math.max(top, this.#row - Number(sequence.slice(2, -1)))
    } else if (kind === 'K') this.#lines[this.#row] = line.slice(0, this.#column)
    else if (kind === 'J') {
      this.#lines[this.#row] = line.slice(0, this.#column)
      this.#lines.length = this.#row + 1
    } else if (kind === 'h') this.cursorShown = true
    else if (kind === 'l') this.cursorShown = false
    else if (kind !== 'm') throw new Error(`the screen does not know ${JSON.stringify(sequence)}`)
  }
}
