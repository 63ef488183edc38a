import { bytesField, bytesIn, grpcFrame, numberField, numberIn, readFields } from './protobuf.js'

/** Paths of etcd's methods. */
export const methods = {
  put: '/etcdserverpb.KV/Put',
  range: '/etcdserverpb.KV/Range',
  status: '/etcdserverpb.Maintenance/Status',
} as const

/** A `PutRequest` in its gRPC frame. */
export function putFrame(key: string, value: Uint8Array | string): Buffer {
  return grpcFrame(Buffer.concat([bytesField(1, key), bytesField(2, value)]))
}

/** A linearizable `RangeRequest` for one key in its gRPC frame. */
export function getFrame(key: string): Buffer {
  return grpcFrame(bytesField(1, key))
}

/** A linearizable `RangeRequest` for at most `limit` keys from `key` to below `end`, without their values. */
export function keysFrame(key: string, end: string, limit: number): Buffer {
  return grpcFrame(Buffer.concat([bytesField(1, key), bytesField(2, end), numberField(3, limit), numberField(8, 1)]))
}

/** A `StatusRequest`, which is empty. */
export const statusFrame = grpcFrame(new Uint8Array())

/** The part of a `StatusResponse` that is used here. */
export interface Status {
  readonly memberId: bigint
  /** 0 when it knows of none. */
  readonly leaderId: bigint
}

export function readStatus(message: Uint8Array): Status {
  const fields = readFields(message)
  return { memberId: numberIn(readFields(bytesIn(fields, 1)), 2), leaderId: numberIn(fields, 4) }
}

/** The part of a `RangeResponse` that is used here. */
export interface Found {
  /** The store's, when it answered. */
  readonly revision: number
  readonly keys: readonly string[]
  /** Of the values, in the same order. */
  readonly valueBytes: readonly number[]
  /** Whether there are keys beyond the limit. */
  readonly more: boolean
}

export function readFound(message: Uint8Array): Found {
  const fields = readFields(message)
  const pairs = (fields.get(2) ?? []).map((pair) => readFields(pair as Uint8Array))
  return {
    revision: Number(numberIn(readFields(bytesIn(fields, 1)), 3)),
    keys: pairs.map((pair) => Buffer.from(bytesIn(pair, 1)).toString()),
    valueBytes: pairs.map((pair) => bytesIn(pair, 5).length),
    more: numberIn(fields, 3) === 1n,
  }
}
