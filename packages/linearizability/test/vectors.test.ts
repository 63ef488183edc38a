import { describe, expect } from 'vitest'
import {
  casRegisterModel,
  casRegisterReader,
  checkHistory,
  kvAppendModel,
  kvAppendReader,
  type HistoryReader,
  type Model,
} from '../src/index.js'
import { withLabelled, type LabelledHistory } from './vectors.js'

/** Verdicts, and for each violation that its prefix is one by itself and would be none without its last answer. */
function expectAgreement<Input, Output>(
  model: Model<Input, Output>,
  readerOf: () => HistoryReader<Input, Output>,
  histories: readonly LabelledHistory[],
): void {
  const verdicts: Record<string, boolean | string> = {}
  for (const { file, text } of histories) {
    const result = checkHistory(model, readerOf().text(text).end(), { maxSteps: 1_000_000 })
    verdicts[file] = result.verdict === 'unknown' ? 'unknown' : result.verdict === 'linearizable'
    if (result.verdict !== 'violation') continue
    const { prefix, operation, isShortest } = result.violation
    expect(isShortest).toBe(true)
    expect(checkHistory(model, prefix).verdict).toBe('violation')
    const unanswered = prefix.map((each) => (each === operation ? { ...each, output: undefined } : each))
    expect(checkHistory(model, unanswered).verdict).toBe('linearizable')
  }
  expect(verdicts).toEqual(Object.fromEntries(histories.map(({ file, linearizable }) => [file, linearizable])))
}

describe('the checker agrees with labelled histories', () => {
  withLabelled('etcd-register', 'of a compare-and-set register under partitions', (histories) => {
    expect(histories).toHaveLength(61)
    expectAgreement(casRegisterModel(), casRegisterReader, histories)
  })

  withLabelled('kv', 'of append-only keys', (histories) => {
    expect(histories).toHaveLength(4)
    expectAgreement(kvAppendModel(), kvAppendReader, histories)
  })
})
