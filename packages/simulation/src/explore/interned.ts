/** Gives equal values the same number, from 0. */
export class Interned<T> {
  readonly values: T[] = []
  readonly #ids = new Map<string, number>()

  /** `text` stands for the value: equal texts, equal values. */
  id(text: string, value: T): number {
    let id = this.#ids.get(text)
    if (id === undefined) {
      id = this.values.length
      this.#ids.set(text, id)
      this.values.push(value)
    }
    return id
  }
}
