import { isMalformed, messageCodec, noTerm, QuorateError, type Inspection, type Store, type Term } from '@quorate/core'

/** Numbers one proposer's attempt: a number, and the proposer's id, so that no two proposers share one. Compared as terms are. */
export type Ballot = Term

/** That a node accepted `value` in `ballot`. */
export interface Acceptance {
  readonly ballot: Ballot
  readonly value: number
}

const ballot = { record: { number: 'uint', id: 'string' } } as const

/** The fields that messages and the ledger have in common. */
export const ballotFields = {
  ballot,
  acceptance: { record: { ballot, value: 'int' } },
} as const

const codec = messageCodec({
  ledger: {
    promised: ballotFields.ballot,
    accepted: { optional: ballotFields.acceptance },
    value: { optional: 'int' },
    decision: { optional: 'int' },
  },
})

/**
 * What a node must never forget, as the priests of the paper kept it in their ledgers. Every change is written to the store at
 * once; whoever tells others of it has to wait until it is durable.
 */
export class Ledger {
  readonly #store: Store
  /** The greatest ballot in which it took part: it accepts nothing in lower ones. */
  promised: Ballot = noTerm
  /** What it accepted last. */
  accepted: Acceptance | undefined
  /** What was proposed to it. */
  value: number | undefined
  /** What it knows to be decided. */
  decision: number | undefined

  /** Throws `QUORATE_STATE_MALFORMED` when what the store holds is no ledger. */
  constructor(store: Store) {
    this.#store = store
    const bytes = store.get('ledger')
    if (bytes === undefined) return
    const recovered = codec.decode(bytes)
    if (isMalformed(recovered)) {
      throw new QuorateError(
        'QUORATE_STATE_MALFORMED',
        `the stored ledger is unreadable: ${recovered.reason}; a node without its promises must not vote again: give it a new id`,
        { reason: recovered.reason },
      )
    }
    this.promised = recovered.promised
    this.accepted = recovered.accepted
    this.value = recovered.value
    this.decision = recovered.decision
  }

  keep(value: number): void {
    this.value = value
    this.#write()
  }

  promise(ballot: Ballot): void {
    this.promised = ballot
    this.#write()
  }

  accept(acceptance: Acceptance): void {
    this.promised = acceptance.ballot
    this.accepted = acceptance
    this.#write()
  }

  decide(value: number): void {
    this.decision = value
    this.#write()
  }

  inspect(): Inspection {
    return {
      promised: { ...this.promised },
      accepted:
        this.accepted === undefined ? null : { ballot: { ...this.accepted.ballot }, value: this.accepted.value },
      value: this.value ?? null,
      decision: this.decision ?? null,
    }
  }

  #write(): void {
    const { promised, accepted, value, decision } = this
    this.#store.put('ledger', codec.encode({ type: 'ledger', promised, accepted, value, decision }))
  }
}
