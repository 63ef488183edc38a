/**
 * The few messages of etcd's API that the benchmarks exchange, written and read by hand: what is sent must be the same bytes for etcd and
 * for us, whatever either generates from the definitions.
 */

/** A field's values in the order in which they came: numbers as `bigint`, everything with a length as bytes. */
export type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>

/** A message's field with a length: bytes, text, or another message. */
export function bytesField(number: number, value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

export function numberField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)])
}

/** A message inside gRPC's frame: not compressed, then its length. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, 5)
  return frame
}

/** Reads a message without knowing its definition. Throws a `RangeError` for bytes that are none. */
export function readFields(message: Uint8Array): Fields {
  const fields = new Map<number, (bigint | Uint8Array)[]>()
  let at = 0
  const nextVarint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined || shift > 63n) throw new RangeError(`no protobuf message: no number ends at byte ${at}`)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
  }
  const take = (length: number): Uint8Array => {
    if (at + length > message.length) throw new RangeError(`no protobuf message: a field ends after byte ${at}`)
    at += length
    return message.subarray(at - length, at)
  }
  while (at < message.length) {
    const tag = Number(nextVarint())
    const value = valueOf(tag & 7, nextVarint, take)
    const values = fields.get(tag >>> 3)
    if (values === undefined) fields.set(tag >>> 3, [value])
    else values.push(value)
  }
  return fields
}

/** The last value of a numeric field; 0 when it is absent, as protobuf has it. */
export function numberIn(fields: Fields, number: number): bigint {
  const value = fields.get(number)?.at(-1)
  return typeof value === 'bigint' ? value : 0n
}

/** The last value of a field with a length; empty when it is absent. */
export function bytesIn(fields: Fields, number: number): Uint8Array {
  const value = fields.get(number)?.at(-1)
  return value instanceof Uint8Array ? value : new Uint8Array()
}

function valueOf(
  wireType: number,
  nextVarint: () => bigint,
  take: (length: number) => Uint8Array,
): bigint | Uint8Array {
  switch (wireType) {
    case 0:
      return nextVarint()
    case 1:
      return take(8)
    case 2:
      return take(Number(nextVarint()))
    case 5:
      return take(4)
    default:
      throw new RangeError(`no protobuf message: wire type ${wireType}`)
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
