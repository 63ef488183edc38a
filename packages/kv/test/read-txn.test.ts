import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { etcdErrors } from '../src/index.js'
import { command, compare, rangeOperation } from './arbitraries.js'
import { apply, bytes, described, open, put } from './machine.js'

const reads = fc.record({
  type: fc.constant('txn' as const),
  compare: fc.array(compare, { maxLength: 2 }),
  success: fc.array(rangeOperation, { maxLength: 3 }),
  failure: fc.array(rangeOperation, { maxLength: 3 }),
})

describe('a transaction of reads', () => {
  it('has without the log the result that it has as a command', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), reads, (given, request) => {
        const machine = open()
        for (const each of given) apply(machine, each)
        const before = described(machine)
        const result = machine.readTxn(request)
        expect(described(machine)).toEqual(before)
        expect(apply(machine, request)).toEqual([result])
      }),
      { numRuns: 300 },
    )
  })

  it('is answered while the store is full', () => {
    const machine = open()
    apply(machine, { type: 'setQuota', bytes: 1 }, put('a'))
    expect(machine.noSpace).toBe(true)
    const range = { type: 'range', key: bytes('a') } as const
    expect(machine.readTxn({ compare: [], success: [range], failure: [] })).toMatchObject({ succeeded: true })
    const tooMany = { compare: [], success: Array.from({ length: 129 }, () => range), failure: [] }
    expect(machine.readTxn(tooMany)).toEqual(etcdErrors.tooManyOperations)
  })

  it('is no other one', () => {
    const machine = open()
    const code = { code: 'QUORATE_INVALID_OPTION' }
    expect(() => machine.readTxn({ compare: [], success: [], failure: [put('a')] })).toThrow(
      expect.objectContaining(code),
    )
  })
})
