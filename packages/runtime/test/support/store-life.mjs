/**
 * One life of a process with a key-value store: `node store-life.mjs <what> <folder…>`. It says what happens, one JSON object to a line.
 * It can `write` until it is killed, or until its disk takes no more, and `open` one folder after another.
 */
import { writeSync } from 'node:fs'
import { openKeyValueStore } from '../../dist/key-value-store.js'
import { applyNext } from './commands.mjs'

const [what, ...folders] = process.argv.slice(2)

/** At once and unbuffered: what was said before a kill is heard. */
function say(event) {
  writeSync(1, `${JSON.stringify(event)}\n`)
}

function told(error) {
  return { type: 'refused', code: error.code, cause: error.cause?.code, message: error.message, data: error.data }
}

async function write(dir) {
  const store = openKeyValueStore({ dir, flushIntervalMs: 1 })
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

if (what === 'write') await write(folders[0])
else for (const dir of folders) await open(dir)
