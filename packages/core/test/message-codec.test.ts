import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isMalformed,
  limits,
  messageCodec,
  type Codec,
  type FieldType,
  type Fields,
  type Malformed,
  type MessageSchema,
} from '../src/index.js'
import { anyFields, anyOptionalFields, anySchemaAndMessage, messageOf, recordOf, type AnyMessage } from './schemas.js'

/** `fields` under names that `taken` does not have. */
const renamed = (fields: Fields, taken: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [Object.hasOwn(taken, name) ? `${name}-added` : name, type]),
  )

const codecOf = (schema: MessageSchema) => messageCodec(schema) as unknown as Codec<AnyMessage>
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** One field of each type, and each nesting. */
const rich = {
  plain: { text: 'string', count: 'uint', delta: 'int', level: 'number', flag: 'boolean', blob: 'bytes' },
  nested: { list: { list: { record: { id: 'string', terms: { list: 'uint' } } } }, maybe: { optional: 'bytes' } },
  empty: {},
} as const satisfies MessageSchema
const richCodec = codecOf(rich)

describe('messageCodec', () => {
  it('returns every message of every schema as it was', () => {
    fc.assert(
      fc.property(anySchemaAndMessage, ([schema, message]) => {
        const codec = codecOf(schema)
        expect(codec.decode(codec.encode(message))).toEqual(message)
      }),
      { numRuns: 500 },
    )
  })

  it('returns parts whose length grows at the end of its buffer', () => {
    const codec = messageCodec({ parts: { filler: 'bytes', tail: 'string' } })
    // The buffer is 1,024 bytes at first and doubles: the tail crosses each end once at every offset.
    for (let size = 900; size < 2100; size++) {
      const message = { type: 'parts' as const, filler: new Uint8Array(size).fill(7), tail: 'ab' }
      const { filler, tail } = codec.decode(codec.encode(message)) as typeof message
      expect([hexOf(filler) === hexOf(message.filler), tail]).toEqual([true, 'ab'])
    }
  })

  it('writes what protobuf writes', () => {
    const codec = messageCodec({
      ping: { sequence: 'uint' },
      all: { text: 'string', count: 'uint', delta: 'int', level: 'number', flag: 'boolean', blob: 'bytes' },
      lists: { terms: { list: 'uint' }, at: { record: { term: 'uint' } } },
    })
    expect(hexOf(codec.encode({ type: 'ping', sequence: 300 }))).toBe('0a0308ac02')
    const all = { type: 'all', text: 'é', count: 1, delta: -2, level: 1, flag: true, blob: bytesOf('ff') } as const
    expect(hexOf(codec.encode(all))).toBe(
      '1216' + '0a02c3a9' + '1001' + '1803' + '21000000000000f03f' + '2801' + '3201ff',
    )
    const lists = { type: 'lists', terms: [5, 0], at: { term: 6 } } as const
    expect(hexOf(codec.encode(lists))).toBe('1a0c' + '0a020805' + '0a020800' + '12020806')
  })

  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-64, '7f'],
    [64, '8001'],
    [Number.MAX_SAFE_INTEGER, 'feffffffffffff1f'],
    [Number.MIN_SAFE_INTEGER, 'fdffffffffffff1f'],
  ])('writes the int %d as the zigzag varint %s', (value, hex) => {
    const codec = messageCodec({ at: { value: 'int' } })
    const bytes = codec.encode({ type: 'at', value })
    expect(hexOf(bytes.subarray(3))).toBe(hex)
    expect(codec.decode(bytes)).toEqual({ type: 'at', value })
  })

  it('gives bytes of their own, also from a Buffer that is used again', () => {
    const codec = messageCodec({ blob: { bytes: 'bytes' } })
    const received = Buffer.from(codec.encode({ type: 'blob', bytes: bytesOf('010203') }))
    const message = codec.decode(received) as { bytes: Uint8Array }
    received.fill(0)
    expect(message.bytes).toEqual(bytesOf('010203'))
    expect(message.bytes).not.toBeInstanceOf(Buffer)
  })

  it('forgets a message that could not be encoded before it encodes the next', () => {
    const codec = messageCodec({ pair: { one: 'string', other: 'uint' } })
    expect(() => codec.encode({ type: 'pair', one: 'x'.repeat(100), other: -1 })).toThrow(TypeError)
    expect(hexOf(codec.encode({ type: 'pair', one: 'a', other: 1 }))).toBe('0a050a01611001')
  })
})

describe('messageCodec, given bytes that are no message', () => {
  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        richCodec.decode(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses every truncation, and what it takes of other damage it can write and read again', () => {
    fc.assert(
      fc.property(
        messageOf(rich),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array(),
        (message, at, by, more) => {
          const bytes = richCodec.encode(message)
          for (let length = 0; length < bytes.length; length++) {
            expect(isMalformed(richCodec.decode(bytes.subarray(0, length)))).toBe(true)
          }
          const index = at % bytes.length
          const changed = bytes.slice()
          changed[index] = (changed[index] as number) ^ by
          const inserted = Uint8Array.of(...bytes.subarray(0, index), ...more, ...bytes.subarray(index))
          for (const damaged of [changed, inserted]) {
            const decoded = richCodec.decode(damaged)
            if (!isMalformed(decoded)) expect(richCodec.decode(richCodec.encode(decoded))).toEqual(decoded)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    ['nothing', '', 'unknown message type 0'],
    ['a type that the schema does not have', '2200', 'unknown message type 4'],
    ['a type that is no part', '0801', 'unknown message type 1'],
    ['bytes behind the end', '1a0000', "empty: bytes behind the message's end"],
    ['a length beyond the end', '1a05', 'empty: bytes end or break off within a field'],
    ['a number that does not end', '0a0210ff', 'plain: bytes end or break off within a field'],
    ['a number of more than 53 bits', '0a0a10ffffffffffffff7f1801', 'plain: bytes end or break off within a field'],
    ['a field of another type', '0a020a', 'plain: bytes end or break off within a field'],
    ['a field of another wire type', '0a020801', 'plain.text: wire type 0'],
    ['a group', '0a023b3c', 'plain: bytes end or break off within a field'],
    ['UTF-8 that breaks off', '0a030a01c3', 'plain: bytes end or break off within a field'],
    [
      'a field number of more than 29 bits',
      '1a06' + '82808080' + '1000',
      'empty: bytes end or break off within a field',
    ],
  ])('refuses %s', (_, hex, reason) => {
    expect(richCodec.decode(bytesOf(hex))).toMatchObject({ reason })
  })

  it.each([
    ['an overlong form of two bytes', 'c1bf'],
    ['an overlong form of three', 'e09fbf'],
    ['an overlong form of four', 'f08fbfbf'],
    ['a surrogate', 'eda080'],
    ['a code point beyond the last', 'f4908080'],
    ['a stray continuation', '80'],
    ['a byte that starts nothing', 'ff'],
  ])('refuses UTF-8 with %s, as a strict decoder does', (_, hex) => {
    const text = bytesOf(hex)
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(text)).toThrow(TypeError)
    const codec = messageCodec({ say: { text: 'string' } })
    const bytes = Uint8Array.of(0x0a, text.length + 2, 0x0a, text.length, ...text)
    expect(isMalformed(codec.decode(bytes))).toBe(true)
  })

  it('refuses more bytes than the limit before it looks at them', () => {
    expect(richCodec.decode(new Uint8Array(limits.maxMessageBytes + 1))).toMatchObject({
      reason: `${limits.maxMessageBytes + 1} bytes exceed ${limits.maxMessageBytes}`,
    })
  })
})

describe('messageCodec and text', () => {
  const codec = messageCodec({ say: { text: 'string' } })
  const utf16 = fc.array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd7f0, max: 0xe010 })), {
    maxLength: 30,
  })

  it('writes what TextEncoder writes, a surrogate without its partner as U+FFFD', () => {
    fc.assert(
      fc.property(utf16, (units) => {
        const text = String.fromCharCode(...units)
        const encoded = new TextEncoder().encode(text)
        const bytes = codec.encode({ type: 'say', text })
        expect(hexOf(bytes.subarray(bytes.length - encoded.length))).toBe(hexOf(encoded))
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoded)
        expect(codec.decode(bytes)).toEqual({ type: 'say', text: expected })
      }),
      { numRuns: 1000 },
    )
  })

  it('reads exactly what a strict decoder reads', () => {
    const mostlyText = fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.string({ unit: 'binary', maxLength: 4 }).map((text) => new TextEncoder().encode(text)),
      fc
        .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x9f, 0x90))
        .map((bytes) => Uint8Array.from(bytes.slice(0, 100))),
    )
    fc.assert(
      fc.property(mostlyText, (text) => {
        const decoded = codec.decode(Uint8Array.of(0x0a, text.length + 2, 0x0a, text.length, ...text))
        let expected: string | undefined
        try {
          expected = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text)
        } catch {
          expected = undefined
        }
        expect(isMalformed(decoded) ? undefined : decoded.text).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('messageCodec across versions', () => {
  it('skips the fields that it does not know', () => {
    fc.assert(
      fc.property(
        fc.tuple(anyFields, anyOptionalFields).chain(([known, added]) => {
          const later: Fields = { ...known, ...renamed(added, known) }
          return fc.tuple(fc.constant(known), fc.constant(later), recordOf(later))
        }),
        ([known, later, values]) => {
          const bytes = codecOf({ m: later }).encode({ type: 'm', ...values })
          const seen = Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(known, name)))
          expect(codecOf({ m: known }).decode(bytes)).toEqual({ type: 'm', ...seen })
        },
      ),
      { numRuns: 500 },
    )
  })

  it('reads what an earlier version wrote, without its optional fields', () => {
    const earlier = codecOf({ m: { term: 'uint' } })
    const later = codecOf({ m: { term: 'uint', lease: { optional: 'uint' } }, added: {} })
    expect(later.decode(earlier.encode({ type: 'm', term: 3 }))).toEqual({ type: 'm', term: 3 })
  })

  it('skips unknown fields within records of lists', () => {
    const earlier = codecOf({ m: { entries: { list: { record: { term: 'uint' } } } } })
    const later = codecOf({ m: { entries: { list: { record: { term: 'uint', tag: { optional: 'string' } } } } } })
    const bytes = later.encode({ type: 'm', entries: [{ term: 1, tag: 'x' }, { term: 2 }] })
    expect(earlier.decode(bytes)).toEqual({ type: 'm', entries: [{ term: 1 }, { term: 2 }] })
  })

  it('refuses a message without a field that is not optional, naming it', () => {
    const earlier = codecOf({ m: { at: { record: { term: { optional: 'uint' } } } } })
    const later = codecOf({ m: { at: { record: { term: 'uint' } } } })
    const decoded = later.decode(earlier.encode({ type: 'm', at: {} })) as Malformed
    expect(decoded.reason).toBe('m.at.term is missing')
  })
})

describe('messageCodec, given what its types should have prevented', () => {
  const one = (type: FieldType) => codecOf({ m: { value: type } })

  it.each([
    ['uint', -1],
    ['uint', 0.5],
    ['uint', 2 ** 53],
    ['int', Number.NaN],
    ['int', '1'],
    ['number', '1'],
    ['boolean', 1],
    ['string', 1],
    ['bytes', 'text'],
  ] as const)('refuses, as %s, the value %s', (type, value) => {
    expect(() => one(type).encode({ type: 'm', value })).toThrow(TypeError)
  })

  it('refuses a missing field and an unknown type, naming them', () => {
    expect(() => one('uint').encode({ type: 'm' })).toThrow('m.value is missing')
    expect(() => one('uint').encode({ type: 'other' })).toThrow('no message of type "other" in the schema')
  })

  it('refuses an optional list, which could not be told from an empty one', () => {
    const schema = { m: { ids: { optional: { list: 'uint' } } } } as unknown as MessageSchema
    expect(() => messageCodec(schema)).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })

  it.each([
    ["a field called type, which would hide the message's", { m: { type: 'string' } }],
    ['a field whose place would not be where it was written', { m: { b: 'string', 1: 'string' } }],
    ['a message type that is no name', { 'no name': {} }],
    ['a field that is no name', { m: { ['__proto__']: 'string' } }],
  ] as const)('refuses a schema with %s', (_, schema) => {
    expect(() => messageCodec(schema as unknown as MessageSchema)).toThrow(
      expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }),
    )
  })

  it('refuses a schema nested beyond the limit, or without end', () => {
    const nested = (depth: number): FieldType => (depth === 0 ? 'uint' : { record: { inner: nested(depth - 1) } })
    const depth = limits.maxMessageDepth
    expect(() => one(nested(depth))).not.toThrow()
    expect(() => one(nested(depth + 1))).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
    const endless: { record: { inner?: FieldType } } = { record: {} }
    endless.record.inner = { optional: endless as { record: Fields } }
    expect(() => one(endless as FieldType)).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })
})
