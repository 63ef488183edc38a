import {
  checkDeleteRange,
  checkPut,
  checkRange,
  checkTxn,
  encodeCommand,
  etcdErrors,
  maxRequestBytes,
} from '@quorate/kv'
import type { Command, RangeResult, Refusal, Result, TxnResult } from '@quorate/kv'
import type { EtcdBackend } from '../backend.js'
import type { Call, CallContext, Method } from '../grpc/call.js'
import { decodeCompact, decodeDeleteRange, decodePut, decodeRange, decodeTxn } from '../wire/kv-requests.js'
import type { ReplyEncoder } from '../wire/reply-encoder.js'
import { serverErrors, statusOfBarrier, statusOfProposal } from './server-errors.js'

/** `etcdserverpb.KV`. What etcd refuses without looking at the store is refused here; nothing of it reaches the log. */
export function kvService(
  backend: EtcdBackend,
  encoder: ReplyEncoder,
  context: CallContext,
): Readonly<Record<string, Method>> {
  const propose = (call: Call, command: Command, reply: (call: Call, result: Result) => void): void => {
    const bytes = encodeCommand(command)
    if (bytes.length > maxRequestBytes) return call.fail(etcdErrors.requestTooLarge)
    call.proposed = true
    backend.propose(bytes, (end) => {
      if (end.outcome !== 'committed') call.fail(statusOfProposal(end))
      else if (end.result.type === 'refused') call.fail(end.result)
      else if (!call.over) reply(call, end.result)
    })
  }

  /** Reads now, or once the state is current. */
  const read = <Request>(
    call: Call,
    request: Request,
    serializable: boolean,
    answer: (call: Call, request: Request) => void,
  ): void => {
    if (serializable) return answer(call, request)
    backend.readBarrier((end) => {
      if (end !== 'ready') call.fail(statusOfBarrier[end])
      else if (!call.over) answer(call, request)
    })
  }

  const answerRead = <Read extends RangeResult | TxnResult>(
    call: Call,
    result: Read | Refusal,
    encode: (result: Read) => Buffer | undefined,
  ): void => {
    if (result.type === 'refused') call.fail(result)
    else call.reply(encode(result))
  }

  const encodeRange = (result: RangeResult): Buffer | undefined => encoder.range(result)
  const encodeTxn = (result: TxnResult): Buffer | undefined => encoder.txn(result)
  /** An answer can be much larger than its request: none is made while as much as is allowed is held for others. */
  const isFull = (): boolean => context.heldBytes >= context.maxHeldBytes

  const answerRange = (call: Call, request: Parameters<EtcdBackend['state']['range']>[0]): void => {
    if (isFull()) return call.fail(serverErrors.tooManyRequests)
    answerRead(call, backend.state.range(request), encodeRange)
  }

  const answerTxn = (call: Call, request: Parameters<EtcdBackend['state']['readTxn']>[0]): void => {
    if (isFull()) return call.fail(serverErrors.tooManyRequests)
    answerRead(call, backend.state.readTxn(request), encodeTxn)
  }

  const replyToPut = (call: Call, result: Result): void => {
    if (result.type === 'put') call.reply(encoder.put(result))
  }
  const replyToDeleteRange = (call: Call, result: Result): void => {
    if (result.type === 'deleteRange') call.reply(encoder.deleteRange(result))
  }
  const replyToTxn = (call: Call, result: Result): void => {
    if (result.type === 'txn') call.reply(encoder.txn(result))
  }
  const replyToCompact = (call: Call, result: Result): void => {
    if (result.type === 'compact') call.reply(encoder.header(result.revision))
  }

  return {
    Put(call, message) {
      const request = decodePut(message)
      if (request.wrong !== undefined) return call.fail(request.wrong)
      const wrong = checkPut(request)
      if (wrong !== undefined) return call.fail(wrong)
      propose(call, request, replyToPut)
    },
    Range(call, message) {
      const request = decodeRange(message)
      if (request.wrong !== undefined) return call.fail(request.wrong)
      const wrong = checkRange(request)
      if (wrong !== undefined) return call.fail(wrong)
      read(call, request, request.serializable, answerRange)
    },
    DeleteRange(call, message) {
      const request = decodeDeleteRange(message)
      if (request.wrong !== undefined) return call.fail(request.wrong)
      const wrong = checkDeleteRange(request)
      if (wrong !== undefined) return call.fail(wrong)
      propose(call, request, replyToDeleteRange)
    },
    Txn(call, message) {
      const decoded = decodeTxn(message)
      if (decoded.wrong !== undefined) return call.fail(decoded.wrong)
      const wrong = checkTxn(decoded.request)
      if (wrong !== undefined) return call.fail(wrong)
      if (decoded.readOnly) read(call, decoded.request, decoded.serializable, answerTxn)
      else propose(call, decoded.request, replyToTxn)
    },
    Compact(call, message) {
      const request = decodeCompact(message)
      if (request.wrong !== undefined) return call.fail(request.wrong)
      propose(call, { type: 'compact', revision: request.revision }, replyToCompact)
    },
  }
}
