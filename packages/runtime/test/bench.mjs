/**
 * How fast the key-value state machine is, in processor time of this process with all its threads:
 * `node --expose-gc test/bench.mjs [memory|disk] [keys]`, after a build.
 */
import { KeyValueStateMachine, MemoryOrderedStore, encodeCommand } from '@quorate/kv'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeyValueStore } from '../dist/key-value-store.js'

const [where = 'disk', count = '200000'] = process.argv.slice(2)
const keys = Number(count)
const dir = mkdtempSync(join(tmpdir(), 'quorate-bench-'))
const memory = new MemoryOrderedStore()
const open = () =>
  where === 'disk'
    ? openKeyValueStore({ dir: join(dir, 'state') })
    : { machine: new KeyValueStateMachine(memory), flush: async () => {}, close: async () => {} }

let { machine, flush, close } = open()
const keyOf = (index) => new TextEncoder().encode(`key-${(index * 7919) % keys}`.padEnd(14, '-'))
const value = new Uint8Array(256).fill(65)
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Runs `act` for each index, with the event loop's turns in between, and says what one of them takes. */
async function measure(what, times, act, step = 1) {
  const [cpu, from] = [process.cpuUsage(), performance.now()]
  for (let index = 0; index < times; index += step) {
    act(index)
    if (index % 640 < step) await turn()
  }
  const { user, system } = process.cpuUsage(cpu)
  const wall = ((performance.now() - from) * 1000) / times
  console.log(`${what.padEnd(44)} ${((user + system) / times).toFixed(2)} µs of CPU, ${wall.toFixed(2)} µs of time`)
}

function megabytes() {
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return `${[rss, heapUsed, external].map((bytes) => Math.round(bytes / 1e6)).join(', ')} MB resident, in the heap, outside it`
}

const encode = (index) => encodeCommand({ type: 'put', key: keyOf(index), value })
const apply = (step) => (index) => {
  const commands = []
  for (let each = index; each < index + step; each++) commands.push(encode(each))
  machine.apply(machine.appliedIndex + 1, commands)
}

await measure('encoding a put', 100_000, encode)
await measure('puts of new keys, 64 at a time, encoding too', keys, apply(64), 64)
await flush()
console.log(megabytes())
await measure('puts of keys that exist, 64 at a time', 100_000, apply(64), 64)
await measure('puts of keys that exist, one at a time', 20_000, apply(1))
await flush()
await measure('reads of one key', 100_000, (index) => machine.range({ key: keyOf(index * 31) }))
await measure('compaction of 120,000 changes', 1, () =>
  machine.apply(machine.appliedIndex + 1, [encodeCommand({ type: 'compact', revision: machine.revision })]),
)
await measure('hashing all', 1, () => machine.hash())
await measure('a snapshot of all', 1, () => [...machine.snapshot()].length)
await close()
machine = undefined
console.log(megabytes())
await measure('opening', 1, () => ({ machine, flush, close } = open()))
console.log(megabytes(), machine.keys)
await close()
rmSync(dir, { recursive: true, force: true })
