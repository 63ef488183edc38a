import { QuorateError } from '@quorate/core'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { quantile } from '../statistics.js'
import { getFrame, methods, putFrame } from './etcd-requests.js'
import { valueBytes, type Load, type LoadResult } from './load.js'
import type { Scratch } from './scratch.js'

/** The one key that h2load uses: it sends one body only. */
export const oneKey = 'bench/one'

/** Drives one node with nghttp2's h2load, which costs little itself. A refusal by gRPC looks like a success to it. */
export async function h2load(load: Load, scratch: Scratch): Promise<LoadResult> {
  const [bodyFile, logFile] = [join(scratch.folder, 'h2load.body'), join(scratch.folder, 'h2load.log')]
  writeFileSync(bodyFile, oneKeyFrame(load.operation))
  // It appends to a log that exists.
  rmSync(logFile, { force: true })
  const args = [
    ...['-n', `${load.requests}`, '-c', `${load.connections}`, '-m', `${load.inFlight}`],
    ...['-H', 'content-type: application/grpc', '-H', 'te: trailers'],
    ...['-d', bodyFile, '--log-file', logFile],
    `http://127.0.0.1:${load.clientPort}${load.operation === 'put' ? methods.put : methods.range}`,
  ]
  const child = scratch.spawn('h2load', args, ['ignore', 'pipe', 'inherit'])
  const exited = once(child, 'exit')
  const output = await text(child.stdout as NodeJS.ReadableStream)
  await exited
  const { perSecond, succeeded, dataBytes } = readSummary(output)
  const latencies = readLatenciesMs(readFileSync(logFile, 'utf8'))
  return {
    perSecond,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    failed: load.requests - Math.min(succeeded, latencies.length),
    dataBytes,
  }
}

/** What h2load sends, in its gRPC frame. */
export function oneKeyFrame(operation: Load['operation']): Buffer {
  return operation === 'put' ? putFrame(oneKey, 'x'.repeat(valueBytes)) : getFrame(oneKey)
}

/** Reads what h2load prints at its end. Throws `QUORATE_BENCH_H2LOAD` for anything else. */
export function readSummary(output: string): { perSecond: number; succeeded: number; dataBytes: number } {
  const perSecond = /^finished in \S+, ([\d.]+) req\/s/m.exec(output)?.[1]
  const succeeded = /^requests: .* (\d+) succeeded,/m.exec(output)?.[1]
  const dataBytes = /^traffic: .* \((\d+)\) data$/m.exec(output)?.[1]
  if (perSecond === undefined || succeeded === undefined || dataBytes === undefined) {
    throw new QuorateError('QUORATE_BENCH_H2LOAD', `h2load printed no summary that is understood:\n${output}`)
  }
  return { perSecond: Number(perSecond), succeeded: Number(succeeded), dataBytes: Number(dataBytes) }
}

/** Milliseconds to the end of each answer with status 200, from h2load's log: start, status and microseconds, between tabs. */
export function readLatenciesMs(log: string): readonly number[] {
  return log
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, status]) => status === '200')
    .map(([, , microseconds]) => Number(microseconds) / 1000)
}
