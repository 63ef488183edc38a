import type { SnapshotReceiver, StateMachine } from '@quorate/core'
import { KeyValueStateMachine, type OrderedStore, type RangeResult, type Result } from '@quorate/kv'
import { latin1 } from './etcd-operations.js'

/** What all keys were at each revision, as whichever replica came to it first had them. */
export type Images = Map<number, string>

const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) }

/**
 * The key-value state that ships, watched: replicas have the same at the same revision (`determinism`), and what was there at a revision
 * is read of it again until that is compacted (`readable-history`).
 */
export class WatchedMachine implements StateMachine<Result> {
  readonly #machine: KeyValueStateMachine
  readonly #images: Images
  readonly #violated: (property: string, what: string) => void

  constructor(store: OrderedStore, images: Images, violated: (property: string, what: string) => void) {
    this.#machine = new KeyValueStateMachine(store)
    this.#images = images
    this.#violated = violated
    this.#readHistory()
  }

  get appliedIndex(): number {
    return this.#machine.appliedIndex
  }

  get revision(): number {
    return this.#machine.revision
  }

  apply(firstIndex: number, commands: readonly Uint8Array[]): readonly Result[] {
    const { revision: before, compactRevision } = this.#machine
    const results = this.#machine.apply(firstIndex, commands)
    for (let revision = before + 1; revision <= this.#machine.revision; revision++) this.#look(revision, 'determinism')
    if (this.#machine.compactRevision !== compactRevision) this.#readHistory()
    return results
  }

  range(...request: Parameters<KeyValueStateMachine['range']>): ReturnType<KeyValueStateMachine['range']> {
    return this.#machine.range(...request)
  }

  snapshot(): Iterable<Uint8Array> {
    return this.#machine.snapshot()
  }

  restore(appliedIndex: number): SnapshotReceiver {
    return this.#machine.restore(appliedIndex)
  }

  #readHistory(): void {
    const { revision: last, compactRevision } = this.#machine
    for (let revision = Math.max(compactRevision, 2); revision <= last; revision++)
      this.#look(revision, 'readable-history')
  }

  #look(revision: number, property: string): void {
    // Compacted in the same batch in which it came to be: nobody can read it.
    if (revision < this.#machine.compactRevision) return
    const result = this.#machine.range({ ...everything, revision })
    const image = result.type === 'refused' ? result.message : imageOf(result)
    const known = this.#images.get(revision)
    if (known === undefined) this.#images.set(revision, image)
    else if (known !== image) this.#violated(property, `revision ${revision} was [${known}] and is [${image}]`)
  }
}

function imageOf({ kvs }: RangeResult): string {
  return kvs
    .map(({ key, value, createRevision, modRevision, version }) =>
      [latin1(key), latin1(value), createRevision, modRevision, version].join(' '),
    )
    .join(', ')
}
