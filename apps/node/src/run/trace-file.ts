import { isMalformed, QuorateError, type Codec } from '@quorate/core'
import type { TraceEntry } from '@quorate/simulation'
import { closeSync, openSync, writeSync } from 'node:fs'

/** How the messages of a channel are decoded; `undefined`: nobody knows. */
export type CodecOf = (channel: string) => Codec<unknown> | undefined

/**
 * One entry of a trace as a line of JSON. A message is shown decoded where `codecOf` knows its channel, and in any case as the bytes
 * that it was, in hexadecimal.
 */
export function traceLine(entry: TraceEntry, codecOf: CodecOf): string {
  if (!('payload' in entry)) return JSON.stringify(entry)
  const { payload, ...rest } = entry
  const decoded = codecOf(entry.channel)?.decode(payload)
  const message = decoded === undefined || isMalformed(decoded) ? {} : { message: decoded }
  return JSON.stringify({ ...rest, ...message, payload }, bytesAsHex)
}

function bytesAsHex(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

/** Where a trace or its picture goes, if anywhere. Opened before the run: that it cannot be written is said at once. */
export class OutputFile {
  readonly #descriptor: number | undefined

  /** `flag` named the file. Throws `QUORATE_FILE_NOT_WRITABLE`. */
  constructor(flag: string, file: string | undefined) {
    if (file === undefined) return
    try {
      this.#descriptor = openSync(file, 'w')
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new QuorateError('QUORATE_FILE_NOT_WRITABLE', `${flag} ${file}: ${why}`, { file }, { cause: error })
    }
  }

  /** Whether anything is to be written. */
  get wanted(): boolean {
    return this.#descriptor !== undefined
  }

  write(lines: Iterable<string>): void {
    if (this.#descriptor === undefined) return
    for (const line of lines) writeSync(this.#descriptor, `${line}\n`)
    closeSync(this.#descriptor)
  }
}
