import {
  Host,
  isMalformed,
  seededRandom,
  type ClockBound,
  type Election,
  type ElectionDefinition,
  type ElectionIndication,
  type HostTimer,
  type Incarnation,
  type LogPosition,
  type NodeId,
  type Store,
  type StoreBackend,
  type Write,
} from '@quorate/core'

/** A store of values whose writes become durable when the test says so, and which a restart takes back to what was durable. */
class ManualStore implements Store, StoreBackend {
  latest = 0 as Write
  durable = 0 as Write
  readonly firstIndex = 1
  readonly lastIndex = 0
  #values: Map<string, Uint8Array>
  #recovered: ReadonlyMap<string, Uint8Array>
  #written: (write: Write) => void = () => {}

  constructor(recovered: ReadonlyMap<string, Uint8Array>) {
    this.#recovered = recovered
    this.#values = new Map(recovered)
  }

  get recovered(): ReadonlyMap<string, Uint8Array> {
    return this.#recovered
  }

  open(_path: string, written: (write: Write) => void): Store {
    this.#written = written
    return this
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)
  }

  put(key: string, value: Uint8Array | undefined): Write {
    if (value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
    return (this.latest = (this.latest + 1) as Write)
  }

  flush(): void {
    if (this.durable === this.latest) return
    this.#recovered = new Map(this.#values)
    this.durable = this.latest
    this.#written(this.durable)
  }

  drop(): void {}
  commit(): void {}
  read = (): never => unused('read')
  append = (): never => unused('append')
  truncate = (): never => unused('truncate')
  compact = (): never => unused('compact')
}

function unused(what: string): never {
  throw new Error(`no election of this package uses ${what}`)
}

export interface OneNodeOptions {
  readonly id: NodeId
  readonly members: readonly NodeId[]
  readonly maxDelayMs?: number
  readonly clockBound?: ClockBound
  readonly stored?: ReadonlyMap<string, Uint8Array>
  /** Default: an empty log. */
  readonly logPosition?: () => LogPosition
}

/**
 * One node of an election alone with the test, which plays all others, the clock and the disk. It is driven through core's host, so
 * what waits for the disk waits here as well.
 */
export class OneNode<M> {
  /** What the node has sent since `sent` was last read. */
  #sent: { readonly to: NodeId; readonly message: M }[] = []
  readonly indications: ElectionIndication[] = []
  nowMs = 0
  #incarnation = 0
  #store: ManualStore
  #host: Host<Election<unknown>>
  readonly #timers = new Map<HostTimer, number>()
  readonly #definition: ElectionDefinition<M>
  readonly #options: OneNodeOptions

  constructor(definition: ElectionDefinition<M>, options: OneNodeOptions) {
    this.#definition = definition
    this.#options = options
    this.#store = new ManualStore(options.stored ?? new Map())
    this.#host = this.#newLife()
    this.#host.begin()
  }

  get election(): Election<unknown> {
    return this.#host.root
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get stored(): ReadonlyMap<string, Uint8Array> {
    return this.#store.recovered
  }

  /** Takes what was sent so far, messages to the node itself included. */
  get sent(): readonly { readonly to: NodeId; readonly message: M }[] {
    const sent = this.#sent
    this.#sent = []
    return sent
  }

  do(action: (election: Election<unknown>) => void): this {
    this.#host.request(action)
    return this
  }

  receive(from: NodeId | Incarnation, message: M): this {
    const sender = typeof from === 'string' ? { id: from, incarnation: 1 } : from
    this.#host.receive(sender, '', this.#definition.codec.encode(message))
    return this
  }

  /** Everything written so far becomes durable, and what waited for it goes out. */
  flush(): this {
    this.#store.flush()
    return this
  }

  /** Time passes; timers that run out on the way fire, in order. */
  pass(ms: number): this {
    const until = this.nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(([, at]) => at <= until).sort(([, a], [, b]) => a - b)[0]
      if (due === undefined) break
      this.#timers.delete(due[0])
      this.nowMs = due[1]
      this.#host.fire(due[0])
    }
    this.nowMs = until
    return this
  }

  /** A crash and a new life on what was durable. */
  restart(): this {
    this.#host.halt()
    this.#timers.clear()
    this.#sent = []
    this.#store = new ManualStore(this.#store.recovered)
    this.#host = this.#newLife()
    this.#host.begin()
    return this
  }

  #newLife(): Host<Election<unknown>> {
    const { id, members, maxDelayMs = 10, clockBound = { wallErrorMs: 0, ratePpm: 0 }, logPosition } = this.#options
    const options = { members, maxDelayMs, ...(logPosition === undefined ? {} : { logPosition }) }
    const definition = this.#definition
    return new Host<Election<unknown>>(
      {
        self: { id, incarnation: ++this.#incarnation },
        clock: { now: () => this.nowMs, wall: () => this.nowMs, bound: () => clockBound },
        stores: this.#store,
        random: () => seededRandom(this.#incarnation),
        transmit: (to, _channel, payload) => {
          const message = definition.codec.decode(payload)
          if (isMalformed(message)) throw new Error(message.reason)
          this.#sent.push({ to, message })
        },
        schedule: (timer, delayMs) => this.#timers.set(timer, this.nowMs + delayMs),
        cancel: (timer) => this.#timers.delete(timer),
        report: (event) => {
          throw new Error(`the host reports ${event.type}`)
        },
        indicated: (_path, indication) => this.indications.push(indication as ElectionIndication),
      },
      { codec: definition.codec, create: (env) => definition.create(env, options), listen: () => {} },
    )
  }
}
