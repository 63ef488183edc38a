import { Malformed, isMalformed, messageCodec } from '@quorate/core'
import { FrameReader, FrameWriter } from './frames.js'
import { leaseFromText, leaseToText } from './lease-id.js'
import type { KeyValue, OperationResult, Result } from './results.js'

/**
 * A result is a head, framed, and behind it, framed, what the head counts. So it may be longer than one message: a transaction may read,
 * and a delete return, all that there is.
 */
const heads = messageCodec({
  put: { revision: 'uint', prevKvs: 'uint' },
  deleteRange: { revision: 'uint', deleted: 'uint', prevKvs: 'uint' },
  range: { revision: 'uint', more: 'boolean', count: 'uint', kvs: 'uint' },
  txn: { revision: 'uint', succeeded: 'boolean', responses: 'uint' },
  compact: { revision: 'uint' },
  setQuota: { revision: 'uint' },
  disarm: { revision: 'uint' },
  refused: { code: 'uint', message: 'string' },
})

const keyValues = messageCodec({
  kv: {
    key: 'bytes',
    value: 'bytes',
    createRevision: 'uint',
    modRevision: 'uint',
    version: 'uint',
    lease: { optional: 'string' },
  },
})

export function encodeResult(result: Result): Uint8Array {
  const writer = new FrameWriter()
  write(writer, result)
  return writer.take()
}

/** The result, or why the bytes are none. Never throws. */
export function decodeResult(bytes: Uint8Array): Result | Malformed {
  const reader = new FrameReader(bytes.length)
  reader.push(bytes)
  const result = read(reader, 0)
  return reader.pending > 0 && !isMalformed(result) ? new Malformed('bytes behind the result') : result
}

function write(writer: FrameWriter, result: Result): void {
  switch (result.type) {
    case 'put': {
      const kvs = result.prevKv === undefined ? [] : [result.prevKv]
      writer.write(heads.encode({ type: 'put', revision: result.revision, prevKvs: kvs.length }))
      return writeKeyValues(writer, kvs)
    }
    case 'deleteRange':
      writer.write(heads.encode({ ...result, prevKvs: result.prevKvs.length }))
      return writeKeyValues(writer, result.prevKvs)
    case 'range':
      writer.write(heads.encode({ ...result, kvs: result.kvs.length }))
      return writeKeyValues(writer, result.kvs)
    case 'txn':
      writer.write(heads.encode({ ...result, responses: result.responses.length }))
      for (const response of result.responses) write(writer, response)
      return
    case 'compact':
    case 'setQuota':
    case 'disarm':
    case 'refused':
      writer.write(heads.encode(result))
  }
}

function writeKeyValues(writer: FrameWriter, kvs: readonly KeyValue[]): void {
  for (const kv of kvs) writer.write(keyValues.encode({ ...kv, type: 'kv', lease: leaseToText(kv.lease) }))
}

function read(reader: FrameReader, depth: number): Result | Malformed {
  const frame = reader.next()
  if (frame === undefined) return new Malformed('the result breaks off')
  const head = heads.decode(frame)
  if (isMalformed(head)) return head
  switch (head.type) {
    case 'put': {
      const kvs = readKeyValues(reader, head.prevKvs)
      if (isMalformed(kvs)) return kvs
      return { type: 'put', revision: head.revision, ...(kvs[0] === undefined ? {} : { prevKv: kvs[0] }) }
    }
    case 'deleteRange': {
      const prevKvs = readKeyValues(reader, head.prevKvs)
      return isMalformed(prevKvs) ? prevKvs : { ...head, prevKvs }
    }
    case 'range': {
      const kvs = readKeyValues(reader, head.kvs)
      return isMalformed(kvs) ? kvs : { ...head, kvs }
    }
    case 'txn': {
      if (depth > MAX_DEPTH) return new Malformed('txn: nested too deep')
      const responses: OperationResult[] = []
      for (let count = 0; count < head.responses; count++) {
        const response = read(reader, depth + 1)
        if (isMalformed(response)) return response
        if (!isOperationResult(response)) return new Malformed(`${response.type} is no response of a transaction`)
        responses.push(response)
      }
      return { ...head, responses }
    }
    case 'compact':
    case 'setQuota':
    case 'disarm':
    case 'refused':
      return head
  }
}

function isOperationResult(result: Result): result is OperationResult {
  return result.type === 'put' || result.type === 'deleteRange' || result.type === 'range' || result.type === 'txn'
}

function readKeyValues(reader: FrameReader, count: number): KeyValue[] | Malformed {
  const kvs: KeyValue[] = []
  for (let index = 0; index < count; index++) {
    const frame = reader.next()
    if (frame === undefined) return new Malformed('the result breaks off')
    const message = keyValues.decode(frame)
    if (isMalformed(message)) return message
    const lease = leaseFromText(message.lease)
    if (lease === undefined) return new Malformed(`kv.lease: ${message.lease}`)
    const { key, value, createRevision, modRevision, version } = message
    kvs.push({ key, value, createRevision, modRevision, version, lease })
  }
  return kvs
}

/** As deep as commands may nest. */
const MAX_DEPTH = 128
