import { isMalformed, messageCodec, QuorateError, type NodeId, type Store } from '@quorate/core'

const key = 'ballot'
const codec = messageCodec({ ballot: { term: 'uint', votedFor: 'string' } })

/** Far from the greatest integer. A term a millisecond gets there in 140 years. */
const maxTerm = 0x10_0000_0000_0000

/** The newest term that a node knows, and whom it voted for in it. Durable: a node that forgot it might vote twice. */
export class Ballot {
  readonly #store: Store
  #term = 0
  #votedFor: NodeId = ''

  /** Throws `QUORATE_STATE_MALFORMED` when what the store holds is no ballot. */
  constructor(store: Store) {
    this.#store = store
    const bytes = store.get(key)
    if (bytes === undefined) return
    const state = codec.decode(bytes)
    if (isMalformed(state)) {
      throw new QuorateError(
        'QUORATE_STATE_MALFORMED',
        `the stored vote cannot be read: ${state.reason}; a node that forgot it might vote twice, so replace the node by one with a ` +
          'new id and an empty store',
        { key, reason: state.reason },
      )
    }
    this.#term = state.term
    this.#votedFor = state.votedFor
  }

  get term(): number {
    return this.#term
  }

  /** Empty: nobody. */
  get votedFor(): NodeId {
    return this.#votedFor
  }

  /** Whether a message may name it: what cannot be a term never enters the state. */
  possible(term: number): boolean {
    return term > 0 && term <= maxTerm
  }

  /** Enters a later term, in which nobody has this node's vote yet. */
  enter(term: number): void {
    this.#write(term, '')
  }

  /** Gives this term's vote, of which there is one. */
  voteFor(candidate: NodeId): void {
    this.#write(this.#term, candidate)
  }

  #write(term: number, votedFor: NodeId): void {
    this.#term = term
    this.#votedFor = votedFor
    this.#store.put(key, codec.encode({ type: 'ballot', term, votedFor }))
  }
}
