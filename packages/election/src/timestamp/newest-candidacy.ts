import {
  compareTerms,
  isMalformed,
  messageCodec,
  noTerm,
  QuorateError,
  type NodeId,
  type Store,
  type Term,
} from '@quorate/core'

const key = 'newest'
const codec = messageCodec({ newest: { number: 'uint', id: 'string' } })

/** How far apart the timestamps of candidacies may be that are drawn at the same time. */
export const spread = 1000
/** Far from the greatest integer, so that adding to a timestamp stays exact. A candidacy a millisecond gets there in 140 years. */
const maxTimestamp = 0x10_0000_0000_0000

/** The newest candidacy that a node has seen, and so acknowledges. It is durable and never goes back. */
export class NewestCandidacy {
  readonly #store: Store
  readonly #members: readonly NodeId[]
  #value: Term

  /** Throws `QUORATE_STATE_MALFORMED` when what the store holds is no candidacy. */
  constructor(store: Store, members: readonly NodeId[]) {
    this.#store = store
    this.#members = members
    this.#value = recovered(store.get(key))
  }

  get value(): Term {
    return this.#value
  }

  /** Whether a message may name it: what cannot be a candidacy of this cluster never enters the state. */
  possible({ number, id }: Term): boolean {
    return number > 0 && number <= maxTimestamp && this.#members.includes(id)
  }

  /** Remembers a candidacy if it is newer; what is sent from then on waits until that is durable. */
  see(candidacy: Term): void {
    if (compareTerms(candidacy, this.#value) <= 0) return
    this.#value = candidacy
    this.#store.put(key, codec.encode({ type: key, number: candidacy.number, id: candidacy.id }))
  }
}

function recovered(bytes: Uint8Array | undefined): Term {
  if (bytes === undefined) return noTerm
  const state = codec.decode(bytes)
  if (!isMalformed(state)) return { number: state.number, id: state.id }
  throw new QuorateError(
    'QUORATE_STATE_MALFORMED',
    `the stored candidacy cannot be read: ${state.reason}; a node that forgot it might acknowledge an older one, so replace the node ` +
      'by one with a new id and an empty store',
    { key, reason: state.reason },
  )
}
