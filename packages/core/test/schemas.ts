import fc from 'fast-check'
import type { FieldType, Fields, MessageSchema } from '../src/index.js'

/** A message, whatever its schema. */
export interface AnyMessage {
  readonly type: string
  readonly [name: string]: unknown
}

type Plain = Exclude<FieldType, { readonly optional: unknown }>
type Optional = Extract<FieldType, { readonly optional: unknown }>

const scalar = fc.constantFrom('string', 'uint', 'int', 'number', 'boolean', 'bytes') satisfies fc.Arbitrary<FieldType>
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,6}$/).filter((each) => each !== 'type')

const { plain } = fc.letrec<{ plain: Plain; fields: Fields }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('plain').map((item): Plain => ({ list: item })),
    tie('fields').map((fields): Plain => ({ record: fields as Fields })),
  ) as fc.Arbitrary<Plain>,
  fields: fc.dictionary(name, orOptional(tie('plain') as fc.Arbitrary<Plain>), { maxKeys: 4, noNullPrototype: true }),
}))

function orOptional(type: fc.Arbitrary<Plain>): fc.Arbitrary<FieldType> {
  return fc.oneof(type, optional(type))
}

function optional(type: fc.Arbitrary<Plain>): fc.Arbitrary<FieldType> {
  return type.map((each) => (typeof each === 'object' && 'list' in each ? each : ({ optional: each } as Optional)))
}

/** Any fields that a message may have. */
export const anyFields = fc.dictionary(name, orOptional(plain), { maxKeys: 5, noNullPrototype: true })

/** Any fields that a later version may add. */
export const anyOptionalFields = fc.dictionary(name, optional(plain), { maxKeys: 3, noNullPrototype: true })

export const anySchema: fc.Arbitrary<MessageSchema> = fc.dictionary(name, anyFields, {
  minKeys: 1,
  maxKeys: 4,
  noNullPrototype: true,
})

/** Strings of any Unicode characters; without partners for their surrogates see the tests of UTF-8. */
const text = fc.string({ unit: 'binary', maxLength: 40 })

function valueOf(type: Plain): fc.Arbitrary<unknown> {
  if (typeof type === 'object') {
    if ('record' in type) return recordOf(type.record)
    return fc.array(valueOf(type.list), { maxLength: 5 })
  }
  switch (type) {
    case 'string':
      return text
    case 'uint':
      return fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(0, 127, 128, Number.MAX_SAFE_INTEGER))
    case 'int':
      return fc.oneof(
        fc.maxSafeInteger(),
        fc.integer({ min: -300, max: 300 }),
        fc.constantFrom(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -64, 63, 64),
      )
    case 'number':
      return fc.double()
    case 'boolean':
      return fc.boolean()
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 })
  }
}

/** Values for fields; of those that are optional any may be absent. */
export function recordOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const required: string[] = []
  const values: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [key, type] of Object.entries(fields)) {
    if (typeof type === 'object' && 'optional' in type) {
      values[key] = valueOf(type.optional)
    } else {
      values[key] = valueOf(type)
      required.push(key)
    }
  }
  return fc.record(values, { requiredKeys: required, noNullPrototype: true })
}

/** A schema with one of its messages. */
export const anySchemaAndMessage = anySchema.chain((schema) => fc.tuple(fc.constant(schema), messageOf(schema)))

export function messageOf(schema: MessageSchema): fc.Arbitrary<AnyMessage> {
  return fc
    .constantFrom(...Object.keys(schema))
    .chain((type) => recordOf(schema[type] as Fields).map((values) => ({ type, ...values })))
}
