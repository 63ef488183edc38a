import { pino, destination as pinoDestination } from 'pino'
import type { NodeLogger } from './node-handle.js'

/** The most bytes of log lines that wait for whoever reads them. What does not fit is dropped, counted, and told. */
const maxWaitingBytes = 1024 * 1024

export interface LoggerOptions {
  /** The least severe level that is written. */
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** The node whose lines these are. */
  readonly node: string
  /** A file descriptor. Default 2, standard error, as etcd has it. */
  readonly fd?: number
}

/**
 * A logger that writes one JSON object per line: `level`, `time` (ISO 8601, UTC), `node`, the data of the event, `msg`. Lines are written
 * without waiting for whoever reads them: a slow reader must not slow down heartbeats. What waits when the process ends is written then.
 */
export function createLogger({ level, node, fd = 2 }: LoggerOptions): NodeLogger {
  const stream = pinoDestination({ fd, sync: false, maxLength: maxWaitingBytes })
  const logger = pino(
    {
      level,
      base: { node },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  let dropped = 0
  stream.on('drop', () => dropped++)
  stream.on('drain', () => {
    if (dropped === 0) return
    const lines = dropped
    dropped = 0
    logger.warn({ dropped: lines }, `${lines} log lines were dropped: nobody read them fast enough`)
  })
  return {
    debug: (data, message) => logger.debug(data, message),
    info: (data, message) => logger.info(data, message),
    warn: (data, message) => logger.warn(data, message),
    error: (data, message) => logger.error(data, message),
  }
}
