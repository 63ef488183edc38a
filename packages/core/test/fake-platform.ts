import {
  Host,
  messageCodec,
  seededRandom,
  unboundedClock,
  type ChildDefinition,
  type Environment,
  type HostReport,
  type HostTimer,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type PeerEvent,
  type Platform,
  type Protocol,
  type Store,
  type StoreBackend,
  type StoreError,
  type Write,
} from '../src/index.js'

export const codec = messageCodec({ note: { text: 'string' } })
export type Note = MessageOf<typeof codec>
export const note = (text: string): Note => ({ type: 'note', text })

/** Stores whose writes become durable when the test says so. Values only: logs are the business of real stores. */
class FakeStores implements StoreBackend {
  readonly dropped: string[] = []
  readonly batches: string[][] = []
  readonly #open = new Map<
    string,
    { latest: number; durable: number; written: (write: Write, error?: StoreError) => void }
  >()
  #step: string[] = []

  open(path: string, written: (write: Write, error?: StoreError) => void): Store {
    const state = { latest: 0, durable: 0, written }
    this.#open.set(path, state)
    const values = new Map<string, Uint8Array>()
    const write = (what: string): Write => {
      this.#step.push(`${path}:${what}`)
      return ++state.latest as Write
    }
    return {
      get: (key) => values.get(key),
      put: (key, value) => {
        if (value === undefined) values.delete(key)
        else values.set(key, value)
        return write(key)
      },
      firstIndex: 1,
      lastIndex: 0,
      read: () => [],
      append: () => write('append'),
      truncate: () => write('truncate'),
      compact: () => write('compact'),
      get latest() {
        return state.latest as Write
      },
      get durable() {
        return state.durable as Write
      },
    }
  }

  drop(path: string): void {
    this.dropped.push(path)
    this.#open.delete(path)
  }

  commit(): void {
    if (this.#step.length > 0) this.batches.push(this.#step)
    this.#step = []
  }

  /** Makes durable what the protocol at `path` wrote up to `write`, by default all of it. */
  harden(path = '', write = this.#of(path).latest): void {
    this.#of(path).durable = write
    this.#of(path).written(write as Write)
  }

  /** How the host is told of the writes at `path`, to be kept beyond the store's end. */
  teller(path: string): (write: Write) => void {
    return this.#of(path).written
  }

  fail(path: string, error: StoreError): void {
    this.#of(path).written(this.#of(path).latest as Write, error)
  }

  #of(path: string) {
    const state = this.#open.get(path)
    if (state === undefined) throw new Error(`no store is open at "${path}"`)
    return state
  }
}

/** A platform on which nothing happens but what the test does; what the host wants of it is written down. */
export class FakePlatform implements Platform {
  readonly self: Incarnation = { id: 'n1', incarnation: 1 }
  readonly clock = { now: () => 0, wall: () => 0, bound: () => unboundedClock }
  readonly stores = new FakeStores()
  readonly reports: HostReport[] = []
  /** Messages that left, as `to channel text`. */
  readonly sent: string[] = []
  /** Timers that are set, as `path/name delay`. */
  readonly timers = new Map<HostTimer, number>()
  readonly indicatedAt: string[] = []

  random(path: string) {
    return seededRandom(1).fork(path)
  }

  transmit(to: string, channel: string, payload: Uint8Array): void {
    const text = payload.length > 1000 ? `${payload.length} bytes` : (codec.decode(payload) as Note).text
    this.sent.push(`${to} ${channel} ${text}`)
  }

  schedule(timer: HostTimer, delayMs: number): void {
    this.timers.set(timer, delayMs)
  }

  cancel(timer: HostTimer): void {
    this.timers.delete(timer)
  }

  report(event: HostReport): void {
    this.reports.push(event)
  }

  indicated(path: string, indication: unknown): void {
    this.indicatedAt.push(`${path}: ${String(indication)}`)
  }

  timer(path: string, name: string): HostTimer {
    const found = [...this.timers.keys()].find((timer) => timer.path === path && timer.name === name)
    if (found === undefined) throw new Error(`no timer ${path}/${name} is set`)
    return found
  }

  timerNames(): string[] {
    return [...this.timers].map(([{ path, name }, delayMs]) => `${path}/${name} ${delayMs}`)
  }
}

/** What a `Probe` does in each of its methods. */
export interface Script {
  readonly construct?: (probe: Probe) => void
  readonly start?: (probe: Probe) => void
  readonly receive?: (probe: Probe, from: Incarnation, text: string) => void
  readonly timeout?: (probe: Probe, name: string) => void
  readonly written?: (probe: Probe, write: Write, error?: StoreError) => void
  readonly peer?: (probe: Probe, event: PeerEvent) => void
  readonly stop?: (probe: Probe) => void
}

/** A protocol that does what its script says and writes down what it was told. */
export class Probe implements Protocol<Note> {
  readonly env: Environment<Note, string>
  readonly heard: string[] = []
  readonly #script: Script

  constructor(env: Environment<Note, string>, script: Script) {
    this.env = env
    this.#script = script
    script.construct?.(this)
  }

  put(key = 'key'): Write {
    return this.env.store.put(key, Uint8Array.of(1))
  }

  start(): void {
    this.heard.push('start')
    this.#script.start?.(this)
  }

  receive(from: Incarnation, { text }: Note): void {
    this.heard.push(`receive ${text} from ${from.id}`)
    this.#script.receive?.(this, from, text)
  }

  timeout(name: string): void {
    this.heard.push(`timeout ${name}`)
    this.#script.timeout?.(this, name)
  }

  written(write: Write, error?: StoreError): void {
    this.heard.push(error === undefined ? `written ${write}` : `failed ${write}`)
    this.#script.written?.(this, write, error)
  }

  peer(event: PeerEvent): void {
    this.heard.push(`${event.type} ${event.peer.id}`)
    this.#script.peer?.(this, event)
  }

  stop(): void {
    this.heard.push('stop')
    this.#script.stop?.(this)
  }

  inspect(): Inspection {
    return { heard: this.heard }
  }
}

export function probe(
  script: Script,
  listen: (indication: string) => void = () => {},
): ChildDefinition<Note, string, Probe> {
  return { codec, create: (env) => new Probe(env, script), listen }
}

export interface Hosted {
  readonly platform: FakePlatform
  readonly host: Host<Probe>
  /** What the root indicated. */
  readonly indicated: string[]
}

/** A host for a probe, begun unless told otherwise. */
export function hosted(script: Script = {}, begin = true): Hosted {
  const platform = new FakePlatform()
  const indicated: string[] = []
  const root = probe(script, (indication) => indicated.push(indication))
  const host = new Host<Probe>(platform, root as unknown as ChildDefinition<unknown, unknown, Probe>)
  if (begin) host.begin()
  return { platform, host, indicated }
}

export const peer = (id: string): Incarnation => ({ id, incarnation: 1 })
