import { isMalformed, QuorateError, type Codec } from '@quorate/core'
import type { TraceEntry } from '@quorate/simulation'
import { closeSync, openSync, writeSync } from 'node:fs'

/**
 * One entry of a trace as a line of JSON. A message is shown decoded where `codecOf` knows its channel, and in any case as the bytes
 * that it was, in hexadecimal.
 */
export function traceLine(entry: TraceEntry, codecOf: (channel: string) => Codec<unknown> | undefined): string {
  if (!('payload' in entry)) return JSON.stringify(entry)
  const { payload, ...rest } = entry
  const decoded = codecOf(entry.channel)?.decode(payload)
  const message = decoded === undefined || isMalformed(decoded) ? {} : { message: decoded }
  return JSON.stringify({ ...rest, ...message, payload }, bytesAsHex)
}

function bytesAsHex(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

/** Where a trace goes, if anywhere. Opened before the run: that it cannot be written is said at once. */
export class TraceFile {
  readonly #descriptor: number | undefined

  /** Throws `QUORATE_FILE_NOT_WRITABLE`. */
  constructor(file: string | undefined) {
    if (file === undefined) return
    try {
      this.#descriptor = openSync(file, 'w')
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new QuorateError('QUORATE_FILE_NOT_WRITABLE', `--trace ${file}: ${why}`, { file }, { cause: error })
    }
  }

  write(lines: readonly string[]): void {
    if (this.#descriptor === undefined) return
    for (const line of lines) writeSync(this.#descriptor, `${line}\n`)
    closeSync(this.#descriptor)
  }
}
