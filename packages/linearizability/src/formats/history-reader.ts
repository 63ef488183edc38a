import type { Operation } from '../operation.js'
import { parseEdnLine } from './edn-line.js'
import { LineFault, malformedHistory, type HistoryEvent } from './event.js'
import { parseLogLine } from './log-line.js'

/** How events become operations of a model. Either may find that the event is none. */
export interface EventReading<Input, Output> {
  /** What was called. */
  input(invoked: HistoryEvent): Input | LineFault
  /** What was answered, by an `ok` or `fail`; `undefined` for a `fail` that only says that nothing was done. */
  output(input: Input, ended: HistoryEvent): Output | LineFault | undefined
}

interface Pending<Input> {
  readonly line: number
  readonly invoked: HistoryEvent
  readonly input: Input
}

/**
 * Reads a history line by line, each the call or the end of an operation: lines of Jepsen's log (`INFO  jepsen.util - 3 :invoke :read nil`
 * with tabs) and maps in EDN (`{:process 3, :type :invoke, :f :read, :value nil}`). The time of an event is the number of its line. An
 * operation that ends with `:info`, or not at all, has an unknown outcome; one that ends with `:fail` and observed nothing is left out.
 */
export class HistoryReader<Input, Output> {
  readonly #reading: EventReading<Input, Output>
  readonly #operations: Operation<Input, Output>[] = []
  readonly #pending = new Map<string, Pending<Input>>()
  /** One text for each process and key, however many lines name it. */
  readonly #names = new Map<string, string>()
  #line = 0

  constructor(reading: EventReading<Input, Output>) {
    this.#reading = reading
  }

  /** Takes the next line; an empty one is read over. Throws `QUORATE_MALFORMED_HISTORY` with `line` and `field`. */
  line(text: string): void {
    this.#line++
    const line = text.endsWith('\r') ? text.slice(0, -1) : text
    if (line === '') return
    const event = line.startsWith('{') ? parseEdnLine(line) : parseLogLine(line)
    if (event instanceof LineFault) throw malformedHistory(this.#line, event)
    const fault = event.type === 'invoke' ? this.#invoke(event) : this.#end(event)
    if (fault !== undefined) throw malformedHistory(this.#line, fault)
  }

  /** Takes all lines of a text. */
  text(text: string): this {
    for (let start = 0; start < text.length;) {
      const end = text.indexOf('\n', start)
      this.line(text.slice(start, end === -1 ? undefined : end))
      start = end === -1 ? text.length : end + 1
    }
    return this
  }

  /** The operations of all lines. */
  end(): Operation<Input, Output>[] {
    for (const { line, invoked, input } of this.#pending.values())
      this.#operations.push({ client: this.#name(invoked.process), input, callAt: line })
    this.#pending.clear()
    return this.#operations
  }

  #invoke(invoked: HistoryEvent): LineFault | undefined {
    const pending = this.#pending.get(invoked.process)
    if (pending !== undefined)
      return new LineFault(
        'process',
        `${invoked.process} calls again before its call of line ${pending.line} has ended`,
      )
    const key = invoked.key === undefined ? undefined : this.#name(invoked.key)
    const input = this.#reading.input({ ...invoked, key })
    if (input instanceof LineFault) return input
    this.#pending.set(this.#name(invoked.process), { line: this.#line, invoked, input })
    return undefined
  }

  #end(ended: HistoryEvent): LineFault | undefined {
    const { process, type, f, key } = ended
    const pending = this.#pending.get(process)
    if (pending === undefined) return new LineFault('process', `${process} ends what it did not call`)
    const { invoked, input, line } = pending
    if (f !== invoked.f) return new LineFault('function', `is ${f}, and line ${line} called ${invoked.f}`)
    if (key !== undefined && key !== invoked.key)
      return new LineFault('key', `is ${key}, and line ${line} called with ${invoked.key ?? 'none'}`)
    const client = this.#name(process)
    this.#pending.delete(process)
    if (type === 'info') {
      this.#operations.push({ client, input, callAt: line })
      return undefined
    }
    const output = this.#reading.output(input, ended)
    if (output instanceof LineFault) return output
    if (output !== undefined) this.#operations.push({ client, input, output, callAt: line, returnAt: this.#line })
    return undefined
  }

  #name(text: string): string {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    this.#names.set(text, text)
    return text
  }
}
