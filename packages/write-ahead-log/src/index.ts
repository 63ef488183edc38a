export { openWriteAheadLog, type WriteAheadLog, type WriteAheadLogOptions } from './write-ahead-log.js'
export type { LogReport, LogStats, RecoveryReport, TornTail } from './report.js'
export { FORMAT_VERSION } from './format.js'
