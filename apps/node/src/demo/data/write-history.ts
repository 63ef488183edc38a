import type { NodeId } from '@quorate/core'

/** One writer's part of the history. Its writes are numbered from 1 on. */
interface Writes {
  /** How many it has begun. */
  attempts: number
  readonly acknowledged: Set<number>
  /** When each was acknowledged, in order. */
  readonly acknowledgedAtMs: number[]
  readonly failedAtMs: number[]
  /** When the newest acknowledged one had begun. */
  lastBegunMs: number
}

/** A time without an acknowledgement. */
export interface Gap {
  readonly fromMs: number
  readonly untilMs: number
}

const rateWindowMs = 1_000
/** The most writes of one writer: more than a demonstration has time for. */
export const maxWrites = 200_000

/** What the writers did, one at each node, on one clock. Everything that is said of unavailability and loss is computed from here. */
export class WriteHistory {
  readonly #writes: ReadonlyMap<NodeId, Writes>

  constructor(nodes: readonly NodeId[]) {
    const none = (): Writes => ({
      attempts: 0,
      acknowledged: new Set(),
      acknowledgedAtMs: [],
      failedAtMs: [],
      lastBegunMs: -Infinity,
    })
    this.#writes = new Map(nodes.map((id) => [id, none()]))
  }

  get nodes(): readonly NodeId[] {
    return [...this.#writes.keys()]
  }

  /** How many writes were acknowledged. */
  get acknowledged(): number {
    return this.#sum(({ acknowledged }) => acknowledged.size)
  }

  /** How many writes failed: refused, or of unknown outcome. */
  get failed(): number {
    return this.#sum(({ failedAtMs }) => failedAtMs.length)
  }

  /** Begins a write, and returns its number. */
  begin(node: NodeId): number {
    return ++this.#of(node).attempts
  }

  acknowledge(node: NodeId, write: number, begunMs: number, atMs: number): void {
    const writes = this.#of(node)
    writes.acknowledged.add(write)
    writes.acknowledgedAtMs.push(atMs)
    writes.lastBegunMs = begunMs
  }

  fail(node: NodeId, atMs: number): void {
    this.#of(node).failedAtMs.push(atMs)
  }

  /** Whether each of these writers has had a write acknowledged that it began after `atMs`. */
  goOn(nodes: readonly NodeId[], atMs: number): boolean {
    return nodes.every((id) => this.#of(id).lastBegunMs >= atMs)
  }

  /** The acknowledged writes of one writer. */
  acknowledgedOf(node: NodeId): ReadonlySet<number> {
    return this.#of(node).acknowledged
  }

  /** Whether a writer has begun a write with this number. */
  attempted(node: NodeId, write: number): boolean {
    return write >= 1 && write <= this.#of(node).attempts
  }

  /** How many writes of these writers failed in a window of time. */
  failedWithin(nodes: readonly NodeId[], fromMs: number, untilMs: number): number {
    const within = (atMs: number): boolean => atMs >= fromMs && atMs <= untilMs
    return nodes.reduce((sum, id) => sum + this.#of(id).failedAtMs.filter(within).length, 0)
  }

  /**
   * The longest time without an acknowledgement, by any of these writers, that overlaps a window of time. It begins with the window
   * if there was none before, and ends with it if there was none after.
   */
  longestGap(nodes: readonly NodeId[], fromMs: number, untilMs: number): Gap {
    const times = nodes.flatMap((id) => this.#of(id).acknowledgedAtMs).sort((a, b) => a - b)
    const before = times.findLast((atMs) => atMs <= fromMs) ?? fromMs
    const after = times.find((atMs) => atMs >= untilMs) ?? untilMs
    const within = times.filter((atMs) => atMs > fromMs && atMs < untilMs)
    let longest: Gap = { fromMs: before, untilMs: before }
    let lastMs = before
    for (const atMs of [...within, after]) {
      if (atMs - lastMs > longest.untilMs - longest.fromMs) longest = { fromMs: lastMs, untilMs: atMs }
      lastMs = atMs
    }
    return longest
  }

  /** How many writes a second one writer had acknowledged in the last second. */
  ratePerSecond(node: NodeId, nowMs: number): number {
    const times = this.#of(node).acknowledgedAtMs
    const since = times.findLastIndex((atMs) => atMs <= nowMs - rateWindowMs)
    return ((times.length - 1 - since) * 1_000) / rateWindowMs
  }

  #sum(count: (writes: Writes) => number): number {
    return [...this.#writes.values()].reduce((sum, writes) => sum + count(writes), 0)
  }

  #of(node: NodeId): Writes {
    const writes = this.#writes.get(node)
    if (writes === undefined) throw new RangeError(`no writer at ${node}`)
    return writes
  }
}
