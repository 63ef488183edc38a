import { fromBinary } from '@bufbuild/protobuf'
import { KV } from '@quorate/etcd-api'
import { dataFrames } from './http2-data.js'
import { bytesOf, fileOf, type Call } from './strace.js'

export interface LogCalls {
  readonly writes: readonly { readonly bytes: Buffer; readonly endedNs: bigint; readonly file: string }[]
  readonly syncs: readonly { readonly beganNs: bigint; readonly endedNs: bigint; readonly file: string }[]
}

/** What a node has written to the segments of its log, and when it has synced them, so far as the calls have returned without an error. */
export function logCalls(calls: readonly Call[], dataDir: string): LogCalls {
  const done = calls.flatMap((call) => {
    const file = fileOf(call)
    const { beganNs, endedNs, result } = call
    if (file?.startsWith(`${dataDir}/log/`) !== true || endedNs === undefined || result < 0) return []
    return [{ call, file, beganNs, endedNs }]
  })
  return {
    writes: done
      .filter(({ call }) => /write/.test(call.name))
      .map(({ call, ...rest }) => ({ ...rest, bytes: bytesOf(call) })),
    syncs: done.filter(({ call }) => call.name === 'fsync' || call.name === 'fdatasync'),
  }
}

/**
 * When a node had a value durable in its log: when the first sync had returned that began after the write of it had.
 *
 * How it compares with when an answer began to be sent, perhaps by another process: strace reads the one clock of the machine before
 * the call of the answer is let go, and after the sync has been done. So if the sync's time is not later, the sync was done before the
 * first byte of the answer left. And whenever the node did wait for the sync, the sync's time is not later: strace had read
 * the clock before the thread that synced could tell anyone.
 */
export function syncedNs({ writes, syncs }: LogCalls, value: string): bigint | undefined {
  const written = writes.find(({ bytes }) => bytes.includes(value))
  if (written === undefined) return undefined
  const after = syncs.filter(({ file, beganNs }) => file === written.file && beganNs >= written.endedNs)
  return after.reduce<bigint | undefined>(
    (least, { endedNs }) => (least === undefined || endedNs < least ? endedNs : least),
    undefined,
  )
}

/** When a node began to send which answer to a put: by the revision that it states. */
export function answersOf(calls: readonly Call[], clientPort: number): ReadonlyMap<number, bigint> {
  const connections = new Map<string, { bytes: Buffer; source: bigint }[]>()
  for (const call of calls) {
    const file = fileOf(call)
    if (file?.startsWith(`TCP:[127.0.0.1:${clientPort}->`) !== true || call.result < 0) continue
    const pieces = connections.get(file)
    const piece = { bytes: bytesOf(call), source: call.beganNs }
    if (pieces === undefined) connections.set(file, [piece])
    else pieces.push(piece)
  }
  const answers = new Map<number, bigint>()
  for (const pieces of connections.values()) {
    for (const { payload, source } of dataFrames(pieces)) {
      // gRPC: whether it is compressed, in one byte, and its length, in four, come before a message.
      const message = fromBinary(KV.method.put.output, payload.subarray(5))
      answers.set(Number(message.header?.revision), source)
    }
  }
  return answers
}
