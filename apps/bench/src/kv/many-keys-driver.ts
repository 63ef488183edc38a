/**
 * A program of its own: it sends the requests of one load, each for another of many keys, and prints the result as one JSON object. Its argument
 * is the load as JSON.
 */
import { quantile } from '../statistics.js'
import { getFrame, methods, putFrame } from './etcd-requests.js'
import { LoadConnection, type Answer } from './load-connection.js'
import type { LoadResult } from './load.js'
import type { ManyKeysLoad } from './many-keys.js'

const load = JSON.parse(process.argv[2] ?? '') as ManyKeysLoad
const value = Buffer.alloc(load.valueBytes, 'x')
/** A prime that divides no number of keys: every key gets its turn, far from the one before. */
const stride = 2_147_483_647
const latencies: number[] = []
let sent = 0
let failed = 0
let dataBytes = 0

const result = await run()
process.stdout.write(JSON.stringify(result))

async function run(): Promise<LoadResult> {
  const connections = Array.from(
    { length: load.connections },
    () =>
      new LoadConnection(
        load.clientPort,
        load.operation === 'put' ? methods.put : methods.range,
        load.inFlight,
        next,
        note,
      ),
  )
  const startMs = performance.now()
  await Promise.all(connections.map((connection) => connection.run()))
  const seconds = (performance.now() - startMs) / 1000
  for (const connection of connections) connection.close()
  return {
    perSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    failed,
    dataBytes,
  }
}

function next(): Buffer | undefined {
  if (sent === load.requests) return undefined
  const key = `many/${(sent++ * stride) % load.keys}`
  return load.operation === 'put' ? putFrame(key, value) : getFrame(key)
}

function note(answer: Answer): void {
  latencies.push(answer.latencyMs)
  dataBytes += answer.dataBytes
  // What was read must hold a value; what was put is answered by a header at least.
  if (answer.dataBytes <= (load.operation === 'read' ? load.valueBytes : 5)) failed++
}
