/**
 * One life of a process on a data folder: `node life.mjs <folder> <what> [node id] [cluster id]`. It says what happens, one JSON
 * object to a line. What it can do: `hold` the folder until it is killed, `write` until it is killed, `check` what was written.
 */
import { writeSync } from 'node:fs'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { openDataFolder } from '../../dist/index.js'

const [dir, what, nodeId = 'n1', clusterId = 'c1'] = process.argv.slice(2)

/** At once and unbuffered: what was said before a kill is heard. */
function say(event) {
  writeSync(1, `${JSON.stringify(event)}\n`)
}

function recordOf(index) {
  const record = new Uint8Array(16 + (index % 700)).fill(index)
  new DataView(record.buffer).setFloat64(0, index)
  return record
}

function hold(folder) {
  say({ type: 'holding', incarnation: folder.incarnation })
  setInterval(() => undefined, 60_000)
}

function write(folder) {
  const log = openWriteAheadLog(folder.disk, { maxSegmentBytes: 200_000, maxCachedBytes: 10_000 })
  const indexes = new Map([[1, 0]])
  const store = log.open('a', (token, error) => {
    if (error !== undefined) throw new Error(error.message)
    say({ type: 'durable', index: indexes.get(token) })
    for (const each of indexes.keys()) if (each <= token) indexes.delete(each)
    step()
  })
  // Steps go on while the disk is busy: some 20 wait for it at any time.
  const step = () => {
    while (indexes.size < 20) {
      const index = store.lastIndex + 1
      store.append([recordOf(index)])
      store.put('count', recordOf(index))
      if (index % 500 === 0) store.compact(index - 600)
      indexes.set(store.latest, index)
      log.commit()
    }
  }
  step()
}

function check(folder) {
  const log = openWriteAheadLog(folder.disk)
  const store = log.open('a', () => undefined)
  const records = store.read(store.firstIndex, store.lastIndex)
  const wrong = records.findIndex((record, at) => Buffer.compare(record, recordOf(store.firstIndex + at)) !== 0)
  const count = store.get('count')
  say({
    type: 'found',
    incarnation: folder.incarnation,
    firstIndex: store.firstIndex,
    lastIndex: store.lastIndex,
    complete: records.length === store.lastIndex - store.firstIndex + 1 && wrong < 0,
    count: count === undefined ? 0 : new DataView(count.buffer, count.byteOffset).getFloat64(0),
    segments: log.recovered.segments,
    tornTail: log.recovered.tornTail,
  })
  log.whenIdle(() => setImmediate(() => void folder.close()))
}

try {
  const folder = openDataFolder({ dir, nodeId, clusterId })
  if (what === 'write') write(folder)
  else if (what === 'check') check(folder)
  else hold(folder)
} catch (error) {
  say({ type: 'refused', code: error.code, message: error.message, data: error.data })
  process.exitCode = 1
}
