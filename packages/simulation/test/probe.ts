import {
  messageCodec,
  type ChildDefinition,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type PeerEvent,
  type Protocol,
  type StoreError,
  type Write,
} from '@quorate/core'
import { nodeIds, Simulation, type SimulationOptions } from '../src/index.js'

export const codec = messageCodec({ note: { text: 'string' } })
export type Note = MessageOf<typeof codec>
export const note = (text: string): Note => ({ type: 'note', text })

/** What a `Probe` does in each of its methods. */
export interface Script {
  readonly construct?: (probe: Probe) => void
  readonly start?: (probe: Probe) => void
  readonly receive?: (probe: Probe, from: Incarnation, text: string) => void
  readonly timeout?: (probe: Probe, name: string) => void
  readonly written?: (probe: Probe, write: Write, error?: StoreError) => void
}

/** A protocol that does what its script says and writes down what it was told, with the time by its clock. */
export class Probe implements Protocol<Note> {
  readonly env: Environment<Note, string>
  readonly heard: string[] = []
  readonly #script: Script

  constructor(env: Environment<Note, string>, script: Script) {
    this.env = env
    this.#script = script
    script.construct?.(this)
  }

  get id(): string {
    return this.env.self.id
  }

  /** Stores a text under a key. */
  put(key: string, text: string | undefined): Write {
    return this.env.store.put(key, text === undefined ? undefined : bytesOf(text))
  }

  get(key: string): string | undefined {
    const bytes = this.env.store.get(key)
    return bytes && textOf(bytes)
  }

  start(): void {
    this.#script.start?.(this)
  }

  receive(from: Incarnation, { text }: Note): void {
    this.heard.push(`${text} from ${from.id}`)
    this.#script.receive?.(this, from, text)
  }

  timeout(name: string): void {
    this.heard.push(`timeout ${name}`)
    this.#script.timeout?.(this, name)
  }

  written(write: Write, error?: StoreError): void {
    this.#script.written?.(this, write, error)
  }

  peer(event: PeerEvent): void {
    this.heard.push(`${event.type} ${event.peer.id}`)
  }

  inspect(): Inspection {
    return { heard: [...this.heard] }
  }
}

export function probe(
  script: Script,
  listen: (indication: string) => void = () => {},
): ChildDefinition<Note, string, Probe> {
  return { codec, create: (env) => new Probe(env, script), listen }
}

/** A simulation of probes that all follow one script, started; links take exactly 1 ms, writes too. */
export function probes(
  nodes: number,
  script: Script,
  options: Partial<SimulationOptions<Probe>> = {},
): Simulation<Probe> {
  const simulation = new Simulation<Probe>({
    seed: 1,
    nodes: nodeIds(nodes),
    links: { minDelayMs: 1, maxDelayMs: 1 },
    syncMs: [1, 1],
    protocol: () => probe(script) as ChildDefinition<unknown, unknown, Probe>,
    ...options,
  })
  simulation.start()
  return simulation
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
