import { QuorateError } from '@quorate/core'
import { NotJson, readJson, type JsonNode } from './json-text.js'

/** A value of a JSON text that knows where it stands. */
export class Located {
  /** Where it stands among the values, such as `schedule[3].action.node`; empty: it is all of the text. */
  readonly field: string
  readonly line: number
  readonly #node: JsonNode

  constructor(node: JsonNode, field: string) {
    this.#node = node
    this.field = field
    this.line = node.line
  }

  /** A string, number, boolean or null; `undefined` for what is made of others. */
  get scalar(): string | number | boolean | null | undefined {
    return this.#node.type === 'scalar' ? this.#node.value : undefined
  }

  /** Throws `QUORATE_INVALID_SCENARIO` for anything but a list. */
  get items(): readonly Located[] {
    const node = this.#node
    if (node.type !== 'list') throw this.invalid(`is ${this.shown}; it must be a list`)
    return node.items.map((item, index) => new Located(item, `${this.field}[${index}]`))
  }

  /** Throws `QUORATE_INVALID_SCENARIO` for anything but an object, and for a name that is given twice. */
  get members(): ReadonlyMap<string, Located> {
    const node = this.#node
    if (node.type !== 'object') throw this.invalid(`is ${this.shown}; it must be an object`)
    const members = new Map<string, Located>()
    for (const { name, value: member } of node.members) {
      const value = new Located(member, this.field === '' ? name : `${this.field}.${name}`)
      if (members.has(name)) throw value.invalid('is given twice; leave one out')
      members.set(name, value)
    }
    return members
  }

  /** The value in words, for messages. */
  get shown(): string {
    const { type } = this.#node
    return type === 'object' ? 'an object' : type === 'list' ? 'a list' : JSON.stringify(this.scalar)
  }

  /** `why` goes on from the name of the field. */
  invalid(why: string): QuorateError {
    const subject = this.field === '' ? 'the scenario' : this.field
    return invalidScenario(this.line, this.field, `${subject} ${why}`)
  }
}

/** Reads JSON, with comments if there are any. Throws `QUORATE_INVALID_SCENARIO` with the line of what is no JSON. */
export function readLocated(text: string): Located {
  try {
    return new Located(readJson(text), '')
  } catch (cause) {
    if (!(cause instanceof NotJson)) throw cause
    throw invalidScenario(cause.line, '', `this is no JSON: ${cause.message}`, cause)
  }
}

function invalidScenario(line: number, field: string, why: string, cause?: unknown): QuorateError {
  return new QuorateError('QUORATE_INVALID_SCENARIO', `line ${line}: ${why}`, { line, field }, { cause })
}
