/**
 * Imported by a node (`NODE_OPTIONS=--import`), it breaks it: its leader takes for committed what only itself has.
 */
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const right = 'Math.min(quorum.committedIndex(this.#matched), log.lastIndex)'

// Hooks run in a thread of their own, from this same file.
if (isMainThread) register(import.meta.url)

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context)
  if (!url.endsWith('/replication/dist/leadership.js')) return loaded
  const source = String(loaded.source)
  if (!source.includes(right)) throw new Error(`${url} does not say ${right}: what is to be broken has moved`)
  return { ...loaded, source: source.replace(right, 'log.lastIndex') }
}
