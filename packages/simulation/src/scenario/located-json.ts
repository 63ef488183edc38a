import { parse, type MemberNode, type ValueNode } from '@humanwhocodes/momoa'
import { QuorateError } from '@quorate/core'
import { distance } from 'fastest-levenshtein'

/** A value of a JSON text that knows where it stands. */
export class Located {
  /** Where it stands among the values, such as `schedule[3].action.node`; empty: it is all of the text. */
  readonly field: string
  readonly line: number
  readonly #node: ValueNode

  constructor(node: ValueNode, field: string) {
    this.#node = node
    this.field = field
    this.line = node.loc.start.line
  }

  /** A string, number, boolean or null; `undefined` for what is made of others. */
  get scalar(): string | number | boolean | null | undefined {
    const node = this.#node
    return node.type === 'String' || node.type === 'Number' || node.type === 'Boolean'
      ? node.value
      : node.type === 'Null'
        ? null
        : undefined
  }

  /** Throws `QUORATE_INVALID_SCENARIO` for anything but a list. */
  get items(): readonly Located[] {
    const node = this.#node
    if (node.type !== 'Array') throw this.invalid(`is ${this.shown}; it must be a list`)
    return node.elements.map(({ value }, index) => new Located(value, `${this.field}[${index}]`))
  }

  /** Throws `QUORATE_INVALID_SCENARIO` for anything but an object, and for a name that is given twice. */
  get members(): ReadonlyMap<string, Located> {
    const node = this.#node
    if (node.type !== 'Object') throw this.invalid(`is ${this.shown}; it must be an object`)
    const members = new Map<string, Located>()
    for (const member of node.members) {
      const name = nameOf(member)
      const value = new Located(member.value, this.field === '' ? name : `${this.field}.${name}`)
      if (members.has(name)) throw value.invalid('is given twice; leave one out')
      members.set(name, value)
    }
    return members
  }

  /** The value in words, for messages. */
  get shown(): string {
    const { type } = this.#node
    return type === 'Object' ? 'an object' : type === 'Array' ? 'a list' : JSON.stringify(this.scalar)
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
    return new Located(parse(text, { mode: 'jsonc' }).body, '')
  } catch (cause) {
    const { line } = cause as { readonly line?: unknown }
    if (!(cause instanceof Error) || typeof line !== 'number') throw cause
    const why = cause.message.replace(/ \(\d+:\d+\)$/, '')
    throw invalidScenario(line, '', `this is no JSON: ${why}`, cause)
  }
}

/** In words, the name that was probably meant, or all that there are. */
export function suggestion(name: string, names: readonly string[]): string {
  const [near] = names
    .map((known) => ({ known, edits: distance(name.toLowerCase(), known.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.max(2, Math.floor(name.length / 2)))
    .sort((a, b) => a.edits - b.edits)
  return near === undefined ? `there are: ${names.join(', ')}` : `did you mean ${near.known}?`
}

function nameOf({ name }: MemberNode): string {
  return name.type === 'String' ? name.value : name.name
}

function invalidScenario(line: number, field: string, why: string, cause?: unknown): QuorateError {
  return new QuorateError('QUORATE_INVALID_SCENARIO', `line ${line}: ${why}`, { line, field }, { cause })
}
