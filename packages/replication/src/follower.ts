import { compareTerms, noTerm, type Store, type Term } from '@quorate/core'
import { decodeEntry, encodeBeginning } from './entry.js'
import type { Log } from './log.js'
import { sameTerm, type Append, type Conflict, type ReplicationMessage } from './message.js'

const followedKey = 'followed'

/**
 * The follower's side: makes its log equal the leader's, entry by entry from the first difference on, and says how far it does.
 *
 * D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014, 5.3.
 */
export class Follower {
  readonly #store: Store
  readonly #log: Log

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  /**
   * Takes what the leader of the present term sends. Returns what to answer once everything that is written by then is durable; nothing
   * when a record cannot be read. `committed`: how far the log is known to be committed.
   */
  receive(message: Append, committed: number): (ReplicationMessage & { type: 'appended' }) | Conflict | undefined {
    const { term, previousIndex, previousTerm, records } = message
    const log = this.#log
    this.#recordTerm(term)
    if (previousIndex > log.lastIndex) {
      return { type: 'conflict', term, previousIndex, conflictIndex: log.lastIndex + 1, conflictTerm: noTerm }
    }
    // What is committed here is in every later leader's log: it need not be compared, and may have been compacted.
    if (previousIndex > committed && !sameTerm(log.termAt(previousIndex), previousTerm)) {
      const conflictIndex = Math.max(log.firstOfTermAt(previousIndex), committed + 1)
      return { type: 'conflict', term, previousIndex, conflictIndex, conflictTerm: log.termAt(previousIndex) }
    }
    if (!this.#adopt(previousIndex, records, committed)) return undefined
    return { type: 'appended', term, matchIndex: previousIndex + records.length }
  }

  /** Makes the log equal the leader's behind `previousIndex`; returns false, and changes nothing, when a record cannot be read. */
  #adopt(previousIndex: number, records: readonly Uint8Array[], committed: number): boolean {
    const log = this.#log
    const terms: Term[] = []
    for (let place = 0; place < records.length; place++) {
      const entry = decodeEntry(previousIndex + 1 + place, records[place] as Uint8Array)
      if (entry === undefined) return false
      terms.push(entry.term)
    }
    // Only from the first difference on: an append that was overtaken by a later one must not cut off what that one brought.
    let place = Math.max(0, committed - previousIndex)
    while (place < records.length && log.has(previousIndex + 1 + place)) {
      const index = previousIndex + 1 + place
      if (!sameTerm(log.termAt(index), terms[place] as Term)) {
        log.truncate(index)
        break
      }
      place++
    }
    log.append(records.slice(place), (offset) => terms[place + offset] as Term)
    return true
  }

  /**
   * It is there for its token. The ballot, in which the election promised this term, is in another protocol's store, for whose
   * writes nothing here waits. This write is of the ballot's step or of a later one, and what is durable is a prefix of the
   * steps: so the acknowledgement, which waits for this write, waits for the ballot, too.
   */
  #recordTerm(term: Term): void {
    const recorded = this.#store.get(followedKey)
    const known = recorded === undefined ? noTerm : (decodeEntry(0, recorded)?.term ?? noTerm)
    if (compareTerms(term, known) > 0) this.#store.put(followedKey, encodeBeginning(term))
  }
}
