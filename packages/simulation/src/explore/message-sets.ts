/** Sets of messages by numbers: equal sets have the same, and each is kept once. Number 0 is the empty set. */
export class MessageSets {
  /** Of each set its messages, ascending. */
  readonly #sets: (readonly number[])[] = [[]]
  readonly #numbers = new Map<string, number>([['', 0]])
  /** By a set and a message: the set with it. */
  readonly #grown = new Map<number, number>()

  messages(set: number): readonly number[] {
    return this.#sets[set] as readonly number[]
  }

  of(messages: readonly number[]): number {
    const key = textOf(messages)
    let set = this.#numbers.get(key)
    if (set === undefined) {
      set = this.#sets.length
      this.#numbers.set(key, set)
      this.#sets.push(messages)
    }
    return set
  }

  with(set: number, message: number): number {
    const key = set * 0x100_0000 + message
    let grown = this.#grown.get(key)
    if (grown === undefined) {
      const messages = this.messages(set)
      const place = placeOf(messages, message)
      grown = messages[place] === message ? set : this.of(messages.toSpliced(place, 0, message))
      this.#grown.set(key, grown)
    }
    return grown
  }

  includesAll(set: number, other: number): boolean {
    if (set === other) return true
    const [all, some] = [this.messages(set), this.messages(other)]
    let place = all.length - some.length
    if (place <= 0) return false
    // From behind: the newest messages differ most often.
    for (let at = some.length - 1; at >= 0; at--) {
      while (place >= 0 && (all[at + place] as number) > (some[at] as number)) place--
      if (place < 0 || all[at + place] !== some[at]) return false
    }
    return true
  }
}

/** Where it is, or belongs. */
function placeOf(messages: readonly number[], message: number): number {
  let [from, to] = [0, messages.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((messages[middle] as number) < message) from = middle + 1
    else to = middle
  }
  return from
}

/** Two code units a number. */
function textOf(messages: readonly number[]): string {
  return String.fromCharCode(...messages.flatMap((message) => [message >>> 16, message & 0xffff]))
}
