import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryOrderedStore, etcdErrors, type Command } from '../src/index.js'
import { command, rangeRequest } from './arbitraries.js'
import { apply, described, everything, open } from './machine.js'
import { Model } from './model.js'

const refusals = {
  [etcdErrors.compacted.message]: 'compacted',
  [etcdErrors.futureRevision.message]: 'future',
  [etcdErrors.keyNotFound.message]: 'no key',
}

/** As the model tells it: without types. */
function plain(result: unknown): unknown {
  const { type, ...rest } = result as { type: string; message?: string; responses?: unknown[] }
  if (type === 'refused') return { refused: refusals[rest.message as string] ?? rest.message }
  return rest.responses === undefined ? rest : { ...rest, responses: rest.responses.map(plain) }
}

const commands = fc.array(command, { maxLength: 40 })
const requests = fc.array(rangeRequest(fc.integer({ min: -1, max: 25 })), { maxLength: 10 })

describe('the state machine', () => {
  it('answers commands and reads as the model of whole maps does', () => {
    fc.assert(
      fc.property(commands, requests, (given, reads) => {
        const machine = open()
        const model = new Model()
        for (const each of given) {
          const [result] = apply(machine, each)
          expect(plain(result)).toEqual(model.apply(each))
          expect(machine.revision).toBe(model.revision)
        }
        for (const each of reads) expect(plain(machine.range(each))).toEqual(model.range(each))
      }),
      { numRuns: 600 },
    )
  })

  it('is rebuilt exactly from its store, and goes on as if it had never stopped', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const store = new MemoryOrderedStore()
        const machine = open(store)
        for (const each of before) apply(machine, each)
        const again = open(store)
        expect(described(again)).toEqual(described(machine))
        expect(everything(again)).toEqual(everything(machine))
        const kept = open()
        for (const each of before) apply(kept, each)
        for (const each of after) expect(apply(again, each)).toEqual(apply(kept, each))
        expect(described(again)).toEqual(described(kept))
      }),
      { numRuns: 200 },
    )
  })

  it('reads the same at every revision from the compacted one on, before and after a compaction', () => {
    fc.assert(
      fc.property(fc.array(command.filter(isChange), { maxLength: 40 }), fc.nat(), (given, nat) => {
        const machine = open()
        for (const each of given) apply(machine, each)
        const revision = 1 + (nat % machine.revision)
        const before = everything(machine, revision)
        const size = machine.bytes
        expect(apply(machine, { type: 'compact', revision })[0]?.type).toBe('compact')
        expect(everything(machine)).toEqual(before)
        expect(machine.bytes).toBeLessThanOrEqual(size)
        if (revision > 1) {
          expect(machine.range({ key: Uint8Array.of(1), revision: revision - 1 })).toEqual(etcdErrors.compacted)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps as little, however often it is compacted on the way', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const often = open()
        const once = open()
        // No transactions: those that read the past would be refused by one of the two.
        for (const each of given.filter(({ type }) => type === 'put' || type === 'deleteRange')) {
          apply(often, each)
          apply(often, { type: 'compact', revision: often.revision })
          apply(once, each)
        }
        for (const each of [often, once]) apply(each, { type: 'compact', revision: each.revision })
        expect([often.hash(), often.bytes, often.keys]).toEqual([once.hash(), once.bytes, once.keys])
      }),
      { numRuns: 200 },
    )
  })

  it('is restored exactly from a snapshot, whatever is applied while the snapshot is taken and however its chunks are cut', () => {
    fc.assert(
      fc.property(commands, commands, fc.integer({ min: 1, max: 100 }), (before, meanwhile, cut) => {
        const machine = open()
        for (const each of before) apply(machine, each)
        const expected = [described(machine), everything(machine)]
        const { appliedIndex } = machine
        const snapshot = machine.snapshot()
        for (const each of meanwhile) apply(machine, each)
        const image = Buffer.concat([...snapshot])
        const store = new MemoryOrderedStore()
        const other = open(store)
        for (const each of meanwhile) apply(other, each)
        const receiver = other.restore(appliedIndex)
        for (let at = 0; at < image.length; at += cut) receiver.chunk(image.subarray(at, at + cut))
        receiver.finish()
        image.fill(0)
        expect([described(other), everything(other)]).toEqual(expected)
        const again = open(store)
        expect([described(again), everything(again)]).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })
})

function isChange(each: Command): boolean {
  return each.type !== 'compact'
}
