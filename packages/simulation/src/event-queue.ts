/** Something that will happen at a virtual time. */
export interface Scheduled {
  /** Virtual milliseconds since the run began. */
  readonly at: number
  /** Among events of the same time the lower rank goes first: what arrives before what runs out. */
  readonly rank: number
  /** Set by the queue: among events of the same time and rank the earlier pushed goes first. */
  order: number
}

/** A binary heap of events: the earliest first, ties in a fixed order, so that a run is a function of its seed. */
export class EventQueue<Event extends Scheduled> {
  readonly #heap: Event[] = []
  #pushed = 0

  get size(): number {
    return this.#heap.length
  }

  peek(): Event | undefined {
    return this.#heap[0]
  }

  /** All events, in no particular order, but always the same. */
  get all(): readonly Event[] {
    return this.#heap
  }

  push(event: Event): void {
    event.order = this.#pushed++
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Event
      if (!before(event, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = event
  }

  pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++
      const below = heap[child] as Event
      if (!before(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return first
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.rank !== b.rank ? a.rank < b.rank : a.order < b.order
}
