/**
 * One life of a process with a key-value store: `node store-life.mjs <what> …`. It says what happens, one JSON object to a line.
 * It can `write <folder> [flush interval]`, until it is killed or its disk takes no more, and `open <folder…>`, one after another.
 */
import { writeSync } from 'node:fs'
import { openKeyValueStore } from '../../dist/key-value-store.js'
import { applyNext } from './commands.mjs'

const [what, ...rest] = process.argv.slice(2)

/** At once and unbuffered: what was said before a kill is heard. */
function say(event) {
  writeSync(1, `${JSON.stringify(event)}\n`)
}

function told(error) {
  return { type: 'refused', code: error.code, cause: error.cause?.code, message: error.message, data: error.data }
}

async function write(dir, flushIntervalMs = '1') {
  const store = openKeyValueStore({ dir, flushIntervalMs: Number(flushIntervalMs) })
  try {
    for (let batch = 0; ; batch++) {
      applyNext(store.machine, 1 + (batch % 20))
      if (batch % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (batch % 500 === 0) await store.flush()
      if (batch % 50 === 0) say({ type: 'wrote', index: store.machine.appliedIndex, syncedIndex: store.syncedIndex })
    }
  } catch (error) {
    say(told(error.code === 'QUORATE_STATE_MACHINE_FAILED' ? error.cause : error))
    say({ type: 'ended', syncedIndex: store.syncedIndex })
  }
}

async function open(dir) {
  try {
    const store = openKeyValueStore({ dir })
    const { appliedIndex } = store.machine
    await store.close()
    say({ type: 'opened', dir, appliedIndex })
  } catch (error) {
    say({ ...told(error), dir })
  }
}

if (what === 'write') await write(...rest)
else for (const dir of rest) await open(dir)
