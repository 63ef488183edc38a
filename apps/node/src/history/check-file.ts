import { isQuorateError, QuorateError } from '@quorate/core'
import {
  casRegisterModel,
  casRegisterReader,
  checkHistory,
  kvAppendModel,
  kvAppendReader,
  registerModel,
  registerReader,
  renderViolation,
  type HistoryReader,
  type Model,
} from '@quorate/linearizability'
import { forEachLine } from './lines.js'

export const historyModels = ['register', 'cas-register', 'kv-append'] as const
export type HistoryModel = (typeof historyModels)[number]

/** What came of one file. */
export interface FileVerdict {
  readonly file: string
  readonly linearizable: boolean | 'unknown'
  /** Time of reading and checking it, in milliseconds. */
  readonly ms: number
  readonly operations: number
  /** Of a violation, a picture of it; of one that stayed undecided, what ran out. */
  readonly explanation?: string
}

const checks: Readonly<Record<HistoryModel, (file: string, timeoutMs: number) => FileVerdict>> = {
  register: (file, timeoutMs) => check(registerModel(), registerReader(), file, timeoutMs),
  'cas-register': (file, timeoutMs) => check(casRegisterModel(), casRegisterReader(), file, timeoutMs),
  'kv-append': (file, timeoutMs) => check(kvAppendModel(), kvAppendReader(), file, timeoutMs),
}

/**
 * Reads a history and checks it for at most `timeoutMs`. Throws `QUORATE_FILE_NOT_READABLE`, and `QUORATE_MALFORMED_HISTORY` with `file`,
 * `line` and `field`; a history without any operation is malformed, since it would be linearizable whatever was recorded.
 */
export function checkFile(model: HistoryModel, file: string, timeoutMs: number): FileVerdict {
  return checks[model](file, timeoutMs)
}

function check<Input, Output>(
  model: Model<Input, Output>,
  reader: HistoryReader<Input, Output>,
  file: string,
  timeoutMs: number,
): FileVerdict {
  const startedAt = performance.now()
  try {
    forEachLine(file, (line) => reader.line(line))
  } catch (error) {
    if (!isQuorateError(error, 'QUORATE_MALFORMED_HISTORY')) throw error
    throw new QuorateError(error.code, `${file}: ${error.message}`, { file, ...error.data }, { cause: error })
  }
  const history = reader.end()
  if (history.length === 0)
    throw new QuorateError('QUORATE_MALFORMED_HISTORY', `${file}: holds no operation whose outcome could be checked`, {
      file,
    })
  const result = checkHistory(model, history, {
    timeoutMs,
    maxSteps: Number.MAX_SAFE_INTEGER,
    now: () => performance.now(),
  })
  const ms = Math.round((performance.now() - startedAt) * 10) / 10
  const common = { file, ms, operations: history.length }
  switch (result.verdict) {
    case 'linearizable':
      return { ...common, linearizable: true }
    case 'violation':
      return { ...common, linearizable: false, explanation: renderViolation(model, result.violation) }
    case 'unknown': {
      const ranOut = result.exhausted === 'time' ? 'time ran out (see --timeout)' : 'its orders do not fit into memory'
      return { ...common, linearizable: 'unknown', explanation: ranOut }
    }
  }
}
