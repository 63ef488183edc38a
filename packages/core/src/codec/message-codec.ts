import { invalidOption, limits } from '../limits.js'
import { ByteReader, ByteWriter } from './bytes.js'
import { Malformed, type Codec } from './codec.js'

/** The type of a field. `uint` and `int` are safe integers; `number` is any float64. */
export type FieldType =
  | 'string'
  | 'uint'
  | 'int'
  | 'number'
  | 'boolean'
  | 'bytes'
  | ListType
  | RecordType
  | OptionalType

/** A list is never missing, only empty: a later version may add one like an optional field. */
export interface ListType {
  readonly list: Exclude<FieldType, OptionalType>
}
export interface RecordType {
  readonly record: Fields
}
export interface OptionalType {
  readonly optional: Exclude<FieldType, OptionalType | ListType>
}

/** The fields of a message or record. Their order is their numbering on the wire: add new ones, optional, at the end. */
export interface Fields {
  readonly [name: string]: FieldType
}

/** The messages of a protocol: each `type` with its fields. New types are added at the end. */
export interface MessageSchema {
  readonly [type: string]: Fields
}

type ValueOf<F> = F extends 'string'
  ? string
  : F extends 'uint' | 'int' | 'number'
    ? number
    : F extends 'boolean'
      ? boolean
      : F extends 'bytes'
        ? Uint8Array
        : F extends { readonly list: infer Item }
          ? readonly ValueOf<Item>[]
          : F extends { readonly record: infer R }
            ? RecordOf<R>
            : F extends { readonly optional: infer O }
              ? ValueOf<O>
              : never

type OptionalNames<R> = { [Name in keyof R]: R[Name] extends OptionalType ? Name : never }[keyof R]

type RecordOf<R> = { readonly [Name in Exclude<keyof R, OptionalNames<R>>]: ValueOf<R[Name]> } & {
  readonly [Name in OptionalNames<R>]?: ValueOf<R[Name]> | undefined
}

/** The union of messages that a schema describes, told apart by `type`. */
export type SchemaMessage<S extends MessageSchema> = {
  [Type in keyof S & string]: { readonly type: Type } & RecordOf<S[Type]>
}[keyof S & string]

/**
 * The codec of the messages that `schema` describes, in protobuf's wire format: a message is a `oneof` of its types, types and
 * fields numbered from 1 in the order written. Unknown fields are skipped, missing ones that are not optional are refused.
 *
 * Throws `QUORATE_INVALID_OPTION` for a schema that cannot be carried: a name that is none, one that `type` would hide, nesting beyond
 * the limit. `encode` throws a `TypeError` for a message that its static type should have prevented.
 *
 * @example
 * const codec = messageCodec({ ping: { sequence: 'uint' }, pong: { sequence: 'uint', load: { optional: 'number' } } })
 * type Message = MessageOf<typeof codec>
 */
export function messageCodec<const S extends MessageSchema>(schema: S): Codec<SchemaMessage<S>> {
  const types = Object.keys(schema)
  const shapes = types.map((type) => {
    const fields = schema[type] as Fields
    requireName('message type', type)
    if ('type' in fields) throw invalidOption('field name', 'type', 'another: it tells the messages apart')
    return new Shape(fields, type, 0)
  })
  const byType = new Map(types.map((type, index) => [type, index]))
  const writer = new ByteWriter()
  return {
    encode(message) {
      const index = byType.get(message.type)
      if (index === undefined) throw new TypeError(`no message of type ${JSON.stringify(message.type)} in the schema`)
      writer.reset()
      writer.varint(tag(index, LENGTH_DELIMITED))
      const mark = writer.open()
      ;(shapes[index] as Shape).write(writer, message as unknown as Values)
      writer.close(mark)
      return writer.finish()
    },
    decode(bytes) {
      if (bytes.length > limits.maxMessageBytes)
        return new Malformed(`${bytes.length} bytes exceed ${limits.maxMessageBytes}`)
      const reader = new ByteReader(bytes)
      const key = reader.key()
      const index = (key >>> 3) - 1
      const shape = shapes[index]
      if (shape === undefined || (key & 7) !== LENGTH_DELIMITED)
        return new Malformed(`unknown message type ${index + 1}`)
      const outer = reader.enter(reader.varint())
      const values: Values = { type: types[index] }
      const wrong = shape.read(reader, values)
      reader.leave(outer)
      if (reader.broken) return new Malformed(`${types[index]}: bytes end or break off within a field`)
      if (wrong !== undefined) return new Malformed(wrong)
      if (reader.more) return new Malformed(`${types[index]}: bytes behind the message's end`)
      return values as SchemaMessage<S>
    },
  }
}

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2

type Values = Record<string, unknown>

function tag(index: number, wireType: number): number {
  return ((index + 1) << 3) | wireType
}

interface Field {
  readonly name: string
  readonly type: Exclude<FieldType, OptionalType>
  readonly optional: boolean
  readonly shape: Shape | undefined
  readonly item: Field | undefined
}

/** Names begin with a letter: JavaScript puts those made of digits before all others, whatever the order written. */
function requireName(what: string, name: string): void {
  if (!/^[A-Za-z][\w-]*$/.test(name) || name.length > limits.maxNameLength) {
    throw invalidOption(
      what,
      name,
      `a letter, then letters, digits, "_" or "-", at most ${limits.maxNameLength} in all`,
    )
  }
}

function field(name: string, declared: FieldType, path: string, depth: number): Field {
  const where = `${path}.${name}`
  const optional = typeof declared === 'object' && 'optional' in declared
  const type: Exclude<FieldType, OptionalType> = optional ? declared.optional : declared
  if (optional && typeof type === 'object' && 'list' in type) {
    throw invalidOption(where, 'an optional list', 'a list: one that is missing reads as empty')
  }
  return {
    name,
    type,
    optional,
    shape: typeof type === 'object' && 'record' in type ? new Shape(type.record, where, depth + 1) : undefined,
    // Each item of a list is a record of one field, so that lists of lists need nothing of their own.
    item:
      typeof type === 'object' && 'list' in type
        ? field('[]', { record: { item: type.list } }, where, depth)
        : undefined,
  }
}

/** The compiled form of a record: writes and reads its fields in order. */
class Shape {
  readonly #fields: readonly Field[]
  readonly #path: string

  constructor(fields: Fields, path: string, depth: number) {
    if (depth > limits.maxMessageDepth) {
      throw invalidOption('message schema', path, `nested no deeper than ${limits.maxMessageDepth} lists and records`)
    }
    this.#path = path
    this.#fields = Object.keys(fields).map((name) => {
      requireName(`field name in ${path}`, name)
      return field(name, fields[name] as FieldType, path, depth)
    })
  }

  write(writer: ByteWriter, values: Values): void {
    for (let index = 0; index < this.#fields.length; index++) {
      const { name, optional, type, shape, item } = this.#fields[index] as Field
      const value = values[name]
      if (value === undefined) {
        if (!optional) throw new TypeError(`${this.#path}.${name} is missing`)
      } else if (item !== undefined) {
        for (const each of value as readonly unknown[]) writeValue(writer, index, item.type, item.shape, { item: each })
      } else {
        writeValue(writer, index, type, shape, value)
      }
    }
  }

  /** Reads into `values`; returns what is wrong, if anything is. */
  read(reader: ByteReader, values: Values): string | undefined {
    for (const { name, item } of this.#fields) if (item !== undefined) values[name] = []
    while (reader.more) {
      const key = reader.key()
      const known = this.#fields[(key >>> 3) - 1]
      if (known === undefined) {
        reader.skip(key & 7)
        continue
      }
      const { name, type, shape, item } = known
      if ((key & 7) !== wireTypeOf(type)) return `${this.#path}.${name}: wire type ${key & 7}`
      const inner = item?.shape ?? shape
      if (inner !== undefined) {
        const outer = reader.enter(reader.varint())
        const record: Values = {}
        const wrong = inner.read(reader, record)
        reader.leave(outer)
        if (wrong !== undefined) return wrong
        if (item === undefined) values[name] = record
        else (values[name] as unknown[]).push(record['item'])
      } else {
        values[name] = readValue(reader, type)
      }
    }
    for (const { name, optional } of this.#fields) {
      if (!optional && values[name] === undefined) return `${this.#path}.${name} is missing`
    }
    return undefined
  }
}

function wireTypeOf(type: FieldType): number {
  if (type === 'uint' || type === 'int' || type === 'boolean') return VARINT
  return type === 'number' ? FIXED64 : LENGTH_DELIMITED
}

function writeValue(
  writer: ByteWriter,
  index: number,
  type: FieldType,
  shape: Shape | undefined,
  value: unknown,
): void {
  writer.varint(tag(index, wireTypeOf(type)))
  if (shape !== undefined) {
    const mark = writer.open()
    shape.write(writer, value as Values)
    writer.close(mark)
    return
  }
  switch (type) {
    case 'uint':
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw mismatch(value, type)
      writer.varint(value as number)
      return
    case 'int':
      if (!Number.isSafeInteger(value)) throw mismatch(value, type)
      writer.signedVarint(value as number)
      return
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, type)
      writer.byte(value ? 1 : 0)
      return
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, type)
      writer.float64(value)
      return
    case 'bytes':
      // Not by `instanceof`, which another realm's arrays fail.
      if (!ArrayBuffer.isView(value)) throw mismatch(value, type)
      writer.varint((value as Uint8Array).length)
      writer.bytes(value as Uint8Array)
      return
    default: {
      if (typeof value !== 'string') throw mismatch(value, 'string')
      const mark = writer.open()
      writer.text(value)
      writer.close(mark)
    }
  }
}

function mismatch(value: unknown, type: string): TypeError {
  return new TypeError(`${typeof value} ${String(value)} is no ${type}`)
}

function readValue(reader: ByteReader, type: FieldType): unknown {
  switch (type) {
    case 'uint':
      return reader.varint()
    case 'int':
      return reader.signedVarint()
    case 'boolean':
      return reader.varint() !== 0
    case 'number':
      return reader.float64()
    case 'bytes':
      return reader.bytes(reader.varint())
    default:
      return reader.text(reader.varint())
  }
}
