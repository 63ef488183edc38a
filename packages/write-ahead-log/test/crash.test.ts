import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openWriteAheadLog } from '../src/index.js'
import { readBatchHeader } from '../src/format.js'
import { Node, SMALL, fate, operation } from './harness.js'
import { TestDisk, mulberry } from './test-disk.js'

const happening = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('step' as const),
      operations: fc.array(operation, { maxLength: 5, size: 'max' }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('complete' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const), fate }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drain' as const) }) },
)

/** Drives a node through what happens, comparing what it shows with the model all the way. */
function live(node: Node, happenings: readonly (typeof happening extends fc.Arbitrary<infer T> ? T : never)[]): void {
  for (const each of happenings) {
    if (each.type === 'step') node.step(each.operations)
    else if (each.type === 'complete') node.disk.complete()
    else if (each.type === 'drain') node.disk.drain()
    else node.restart(each.fate)
    // As text, and only then as what it says: comparing by structure would take most of the time.
    if (JSON.stringify(node.state) !== JSON.stringify(node.expected)) expect(node.state).toEqual(node.expected)
  }
}

describe('a log on a disk that crashes', { timeout: 60_000 }, () => {
  it('recovers the state after some step, no older than the last that was reported durable', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 100, size: 'max' }), fate, (happenings, last) => {
        const node = new Node(new TestDisk())
        live(node, happenings)
        node.restart(last)
      }),
      runs(250),
    )
  })

  it('has every step on the disk once it rests', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 100, size: 'max' }), fate, (happenings, last) => {
        const node = new Node(new TestDisk())
        live(node, happenings)
        node.disk.drain()
        expect(node.log.pendingBytes).toBe(0)
        const { length } = node.history
        expect(node.restart(last)).toBe(length - 1)
        expect(node.log.recovered.tornTail).toBeUndefined()
      }),
      runs(100),
    )
  })

  it('never takes a flipped bit for what was written', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 100, size: 'max' }), fc.nat(), (happenings, seed) => {
        const node = new Node(new TestDisk())
        live(node, happenings)
        node.disk.drain()
        const files = node.disk.list()
        fc.pre(files.length > 0)
        const random = mulberry(seed)
        const file = files[Math.floor(random() * files.length)] as string
        const bit = Math.floor(random() * node.disk.content(file).length * 8)
        const newest = files.at(-1) as string
        const lastBatch = lastBatchOffset(node.disk.content(newest), Number.parseInt(newest, 10))
        node.disk.flip(file, bit)
        const final = JSON.stringify(node.expected)
        let step: number
        try {
          node.acknowledged = 0
          step = node.restart({ seed, processOnly: true })
        } catch (error) {
          expect(error).toMatchObject({ code: 'QUORATE_LOG_CORRUPT' })
          return
        }
        // Not refused: then it hit what nobody needs, or nothing shows that the newest batch was ever durable.
        if (JSON.stringify(node.history[step]) === final) return
        expect(node.log.recovered.tornTail).toBeDefined()
        expect(file).toBe(newest)
        expect(bit >> 3 >= lastBatch || lastBatch === 40).toBe(true)
      }),
      runs(250),
    )
  })

  it('reports a failed sync to every store once, and nothing as durable from then on', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 1, maxLength: 100, size: 'max' }),
        fc.array(operation, { minLength: 1, maxLength: 5 }),
        fc.array(operation, { minLength: 1, maxLength: 5 }),
        fate,
        (happenings, failing, later, last) => {
          const node = new Node(new TestDisk())
          live(node, happenings)
          node.step(failing)
          fc.pre(node.disk.busy)
          const { acknowledged } = node
          const { commits } = node.disk
          node.disk.complete('EIO')
          expect(node.errors.map(({ code }) => code)).toEqual(Array(4).fill('QUORATE_STORE_FAILED'))
          expect(node.reports.at(-1)).toMatchObject({ type: 'failed', error: { data: { reason: 'EIO' } } })
          node.step(later)
          expect(node.disk.commits).toBe(commits)
          expect(node.acknowledged).toBe(acknowledged)
          node.restart(last)
        },
      ),
      runs(80),
    )
  })

  it('survives a crash in the midst of its repair', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 1, maxLength: 100, size: 'max' }),
        fc.array(fate, { minLength: 2, maxLength: 4 }),
        (happenings, fates) => {
          const node = new Node(new TestDisk())
          live(node, happenings)
          for (const each of fates) node.restart(each)
          node.disk.drain()
          expect(openWriteAheadLog(node.disk, SMALL).recovered.tornTail).toBeUndefined()
        },
      ),
      runs(100),
    )
  })
})

function lastBatchOffset(bytes: Uint8Array, sequence: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let offset = 40
  for (let header = readBatchHeader(view, sequence, offset); header !== undefined;) {
    const end = offset + 40 + header.dataBytes + header.operationsBytes
    header = readBatchHeader(view, sequence, end)
    if (header !== undefined) offset = end
  }
  return offset
}

/** A run that fails is made smaller for half a minute at most. */
function runs(numRuns: number): { numRuns: number; interruptAfterTimeLimit: number; markInterruptAsFailure: boolean } {
  return { numRuns, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true }
}
