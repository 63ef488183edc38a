import { QuorateError } from '@quorate/core'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Load, LoadResult } from './load.js'
import type { KvMember } from './kv-member.js'
import type { Scratch } from './scratch.js'

/** The built file, also for tests that run on sources. */
const program = fileURLToPath(new URL('../../dist/kv/many-keys-driver.js', import.meta.url))

/** The first of the keys. */
export const firstKey = 'many/0'

/** A load over many keys, `many/0` and so on. */
export interface ManyKeysLoad extends Load {
  readonly keys: number
  readonly valueBytes: number
}

/** Drives one node as h2load does, from a process of its own, with a key that differs from request to request. */
export async function manyKeys(load: ManyKeysLoad, scratch: Scratch): Promise<LoadResult> {
  const child = scratch.spawn(process.execPath, [program, JSON.stringify(load)], ['ignore', 'pipe', 'pipe'])
  const exited = once(child, 'exit')
  const [output, errors] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ])
  const [code] = (await exited) as [number | null]
  if (code !== 0) throw new QuorateError('QUORATE_BENCH_DRIVER', `the driver of many keys failed:\n${errors}`)
  return JSON.parse(output) as LoadResult
}

/**
 * Writes to one node over one connection and makes sure that every put was applied. Throws `QUORATE_BENCH_WRONG` otherwise.
 */
export async function writtenExactly(
  load: Omit<ManyKeysLoad, 'operation' | 'connections'>,
  member: KvMember,
  scratch: Scratch,
): Promise<void> {
  const before = (await member.get(firstKey)).revision
  const { failed } = await manyKeys({ ...load, operation: 'put', connections: 1 }, scratch)
  const written = (await member.get(firstKey)).revision - before
  if (failed === 0 && written === load.requests) return
  const what = `${failed} of ${load.requests} puts failed and the revision rose by ${written}`
  throw new QuorateError('QUORATE_BENCH_WRONG', `${member.name}: ${what}`, { failed, written })
}
