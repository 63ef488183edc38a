import { QuorateError, type DiskError, type StoreError } from '@quorate/core'

/** The log on the disk is not what was written there. `QUORATE_LOG_CORRUPT`, with the file and the offset in it. */
export function corrupt(file: string, offset: number, what: string): QuorateError {
  return new QuorateError(
    'QUORATE_LOG_CORRUPT',
    `${file} is corrupt at byte ${offset}: ${what}. What this node has promised to remember is lost: restore all its ` +
      `files from one copy that was made while it was stopped, if it has not run since, or remove the node from its ` +
      `cluster and add it again under a new name with an empty folder`,
    { file, offset, what },
  )
}

export function tooLarge(what: string, bytes: number, maxBytes: number): QuorateError {
  return new QuorateError(
    'QUORATE_LOG_TOO_LARGE',
    `${what} would take ${bytes} bytes and must not exceed ${maxBytes}; write less at once, or remove something`,
    { what, bytes, maxBytes },
  )
}

/** The disk failed, or what it holds turned out damaged: nothing that was not yet durable will ever be. */
export function failedBy(error: DiskError | QuorateError): StoreError {
  const reason = 'reason' in error ? { reason: error.reason } : error.data
  return {
    code: 'QUORATE_STORE_FAILED',
    message:
      `${error.message}. What the disk holds now is not known: stop this node, look at the disk, and start the node ` +
      `again; it finds out on start what became durable`,
    data: { cause: error.code, ...reason },
  }
}

export function overflowed(pendingBytes: number, maxPendingBytes: number): StoreError {
  return {
    code: 'QUORATE_STORE_FAILED',
    message:
      `${pendingBytes} bytes wait for a disk that does not keep up, more than maxPendingBytes, ${maxPendingBytes}. ` +
      `Stop this node, and admit less work or use a faster disk`,
    data: { cause: 'QUORATE_LOG_OVERFLOW', pendingBytes, maxPendingBytes },
  }
}

/** A record can not be read back because the log has failed before. */
export function unreadable(path: string, index: number): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_FAILED',
    `record ${index} of ${JSON.stringify(path)} is not in memory and the disk has failed; stop this node`,
    { path, index },
  )
}
