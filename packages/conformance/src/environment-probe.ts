import {
  messageCodec,
  type ChildDefinition,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type Protocol,
} from '@quorate/core'

const codec = messageCodec({ note: { text: 'string' } })
type Note = MessageOf<typeof codec>

export type ProbeEnvironment = Environment<Note, string>

/** What a probe does when it is told something. */
export interface Script {
  readonly created?: (env: ProbeEnvironment) => void
  readonly start?: (env: ProbeEnvironment) => void
  readonly receive?: (env: ProbeEnvironment, text: string, from: Incarnation) => void
  readonly timeout?: (env: ProbeEnvironment, name: string) => void
  readonly indicated?: (text: string) => void
}

/** All that happened to a probe, in its order. */
export class ProbeLog {
  readonly events: string[] = []
  /** Whether anything happened while something else did. */
  nested = false
  #within = false

  has(event: string): boolean {
    return this.events.includes(event)
  }

  count(event: string): number {
    return this.events.filter((each) => each === event).length
  }

  /** Notes an event and what is done over it. */
  step(event: string, action: () => void): void {
    if (this.#within) this.nested = true
    this.events.push(event)
    this.#within = true
    try {
      action()
    } finally {
      this.#within = false
      this.events.push(`end of ${event}`)
    }
  }
}

/** A protocol that does what its script says and notes what it is told. */
class Probe implements Protocol<Note> {
  readonly #env: ProbeEnvironment
  readonly #script: Script
  readonly #log: ProbeLog

  constructor(env: ProbeEnvironment, script: Script, log: ProbeLog) {
    this.#env = env
    this.#script = script
    this.#log = log
    script.created?.(env)
  }

  start(): void {
    this.#log.step('start', () => this.#script.start?.(this.#env))
  }

  receive(from: Incarnation, { text }: Note): void {
    this.#log.step(`receive ${text}`, () => this.#script.receive?.(this.#env, text, from))
  }

  timeout(name: string): void {
    this.#log.step(`timeout ${name}`, () => this.#script.timeout?.(this.#env, name))
  }

  inspect(): Inspection {
    return {}
  }
}

/** How a node, or a parent, makes a probe. */
export function probe(script: Script, log: ProbeLog): ChildDefinition<Note, string, Protocol<Note>> {
  return {
    codec,
    create: (env) => new Probe(env, script, log),
    listen: (text) => log.step(`indicated ${text}`, () => script.indicated?.(text)),
  }
}

export function note(text: string): Note {
  return { type: 'note', text }
}
