import { messageCodec, noTerm, type Term } from '@quorate/core'
import { sameTerm } from './message.js'

/** Consecutive entries of the same term, from index `from` to the next run. */
interface Run {
  readonly from: number
  readonly number: number
  readonly id: string
}

const codec = messageCodec({ runs: { runs: { list: { record: { from: 'uint', number: 'uint', id: 'string' } } } } })

/**
 * The term of every entry of a log, as runs: a leader appends many entries, so there are far fewer runs than entries, and a node
 * that restarts need not read its log to know its terms.
 */
export class TermRuns {
  #runs: Run[]

  constructor(runs: readonly Run[] = []) {
    this.#runs = [...runs]
  }

  /** Throws nothing: `undefined` for bytes that are no runs. */
  static decode(bytes: Uint8Array): TermRuns | undefined {
    const decoded = codec.decode(bytes)
    return 'runs' in decoded ? new TermRuns(decoded.runs) : undefined
  }

  encode(): Uint8Array {
    return codec.encode({ type: 'runs', runs: this.#runs })
  }

  /** The term of the entry at `index`, given that the log holds it; `noTerm` before the first. */
  at(index: number): Term {
    const run = this.#runs[this.#find(index)]
    return run === undefined ? noTerm : { number: run.number, id: run.id }
  }

  /** Index of the first entry of the run that holds `index`; 0 before the first. */
  firstOfRun(index: number): number {
    return this.#runs[this.#find(index)]?.from ?? 0
  }

  /** Index of the last entry of `term` at or before `through`, or 0 when there is none. */
  lastOf(term: Term, through: number): number {
    for (let place = this.#find(through); place >= 0; place--) {
      if (!sameTerm(this.#runs[place] as Run, term)) continue
      return Math.min(through, (this.#runs[place + 1]?.from ?? Infinity) - 1)
    }
    return 0
  }

  /** Entries from `from` on are of `term`. Returns whether that began a new run. */
  extend(from: number, term: Term): boolean {
    const last = this.#runs.at(-1)
    if (last !== undefined && sameTerm(last, term)) return false
    this.#runs.push({ from, number: term.number, id: term.id })
    return true
  }

  /** Forgets the entries from `from` on. */
  truncate(from: number): void {
    while ((this.#runs.at(-1)?.from ?? 0) >= from) this.#runs.pop()
  }

  /** Forgets the entries before `firstIndex`, except that the term of the one right before it stays known. */
  compact(firstIndex: number): void {
    const keep = Math.max(0, this.#find(firstIndex - 1))
    this.#runs = this.#runs.slice(keep)
  }

  /** Place of the run that holds `index`, or -1. Mostly the last: searched from the end. */
  #find(index: number): number {
    let place = this.#runs.length - 1
    while (place >= 0 && (this.#runs[place] as Run).from > index) place--
    return place
  }
}
