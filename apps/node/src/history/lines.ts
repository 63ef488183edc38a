import { QuorateError } from '@quorate/core'
import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

const chunkBytes = 1024 * 1024

/** Calls `visit` with each line of a file, which need not fit into memory. Throws `QUORATE_FILE_NOT_READABLE`. */
export function forEachLine(file: string, visit: (line: string) => void): void {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const descriptor = reading(file, () => openSync(file, 'r'))
  try {
    for (;;) {
      const bytes = reading(file, () => readSync(descriptor, buffer))
      if (bytes === 0) break
      const lines = (rest + decoder.write(buffer.subarray(0, bytes))).split('\n')
      rest = lines.pop() as string
      for (const line of lines) visit(line)
    }
  } finally {
    closeSync(descriptor)
  }
  rest += decoder.end()
  if (rest !== '') visit(rest)
}

function reading<Result>(file: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new QuorateError('QUORATE_FILE_NOT_READABLE', `${file}: ${why}`, { file }, { cause: error })
  }
}
