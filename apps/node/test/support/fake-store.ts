import type { Entry, Page, PageRequest, StoreClient } from '../../src/demo/data/store-client.js'

/** A node's store, in memory, that can be made to lie. */
export class FakeStore implements StoreClient {
  readonly #entries = new Map<string, Entry>()
  readonly #hidden = new Set<string>()
  #revision = 1
  #spoilt = 0
  #reads = 0
  #afterReads: { readonly count: number; readonly action: () => void } | undefined

  write({ key, value }: { readonly key: string; readonly value: string }): void {
    const revision = ++this.#revision
    this.#entries.set(key, { key, value, createRevision: revision, modRevision: revision, version: 1 })
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  forgetSerializably(key: string): void {
    this.#hidden.add(key)
  }

  change(key: string, changes: Partial<Entry>): void {
    this.#entries.set(key, { ...(this.#entries.get(key) as Entry), ...changes })
  }

  spoilHash(): void {
    this.#spoilt = 1
  }

  /** Does something once so many pages have been read. */
  afterReads(count: number, action: () => void): void {
    this.#afterReads = { count, action }
  }

  put(key: string, value: string): Promise<void> {
    this.write({ key, value })
    // As with a real one, others get their turn before it answers.
    return new Promise((resolve) => setImmediate(resolve))
  }

  page({ from, limit, revision, serializable }: PageRequest): Promise<Page> {
    const all = this.#at(revision)
      .filter(({ key }) => key >= from && !(serializable && this.#hidden.has(key)))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const page = { entries: all.slice(0, limit), more: all.length > limit, revision: this.#revision }
    if (++this.#reads === this.#afterReads?.count) this.#afterReads.action()
    return Promise.resolve(page)
  }

  hash(revision: number): Promise<number> {
    return Promise.resolve(this.#at(revision).length + this.#spoilt)
  }

  close(): void {}

  #at(revision: number): Entry[] {
    return [...this.#entries.values()].filter(({ createRevision }) => revision === 0 || createRevision <= revision)
  }
}
