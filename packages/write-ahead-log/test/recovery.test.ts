import { describe, expect, it } from 'vitest'
import { crc32c } from '../src/checksum.js'
import { FORMAT_VERSION, type LogReport } from '../src/index.js'
import { opened, reopened, text, texts, thrownBy, type Opened } from './helpers.js'
import { TestDisk } from './test-disk.js'

const SMALL = { maxSegmentBytes: 1024 }
const FIRST = '0000000000000001.wal'
const SECOND = '0000000000000002.wal'
const THIRD = '0000000000000003.wal'

/** A log at rest with `count` batches of one record each; where each batch ends in its file. */
function written(count: number, recordBytes = 20, options = {}): Opened & { readonly ends: readonly number[] } {
  const log = opened(new TestDisk(), options)
  const { store } = log.open('a')
  const ends: number[] = []
  for (let batch = 1; batch <= count; batch++) {
    store.append([new Uint8Array(recordBytes).fill(batch)])
    log.log.commit()
    log.disk.drain()
    ends.push(log.disk.content(log.disk.list().at(-1)!).length)
  }
  return { ...log, ends }
}

function lastIndex(log: Opened): number {
  return log.open('a').store.lastIndex
}

describe('opening a log', () => {
  it('finds a new log on an empty disk, and writes nothing', () => {
    const { disk, log } = opened()
    expect(log.recovered).toEqual({ segments: 0, bytes: 0, batches: 0, lastBatch: 0, records: 0, tornTail: undefined })
    expect([disk.commits, disk.list()]).toEqual([0, []])
  })

  it('finds everything again, and goes on', () => {
    const { disk, ends } = written(3)
    const again = reopened(disk)
    expect(again.log.recovered).toEqual({
      segments: 1,
      bytes: ends[2],
      batches: 3,
      lastBatch: 3,
      records: 3,
      tornTail: undefined,
    })
    const { store } = again.open('a')
    store.append([text('four')])
    again.log.commit()
    again.disk.drain()
    expect(texts(reopened(again.disk).open('a').store.read(4, 4))).toEqual(['four'])
  })

  it('finds everything again across segments, from the oldest that is there', () => {
    const { disk, open, log } = written(40, 100, SMALL)
    open('b').store.put('k', text('v'))
    log.commit()
    disk.drain()
    const { store } = reopened(disk).open('a')
    expect(store.read(1, 40).map((record) => record[0])).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })

  it('passes over files that are no segments', () => {
    const { disk } = written(2)
    disk.put('notes.txt', text('mine'))
    disk.put('1.wal', text('mine'))
    expect(lastIndex(reopened(disk))).toBe(2)
  })
})

describe('a torn tail', () => {
  it('is cut off and reported, wherever the newest batch was cut', () => {
    const { disk, ends } = written(3)
    const whole = disk.content(FIRST)
    for (let length = ends[1]! + 1; length < ends[2]!; length++) {
      disk.put(FIRST, whole.slice(0, length))
      const reports: LogReport[] = []
      const again = reopened(disk, { onReport: (report) => reports.push(report) })
      const tail = { file: FIRST, offset: ends[1], bytes: length - ends[1]! }
      expect(again.log.recovered.tornTail).toEqual(tail)
      expect(reports).toEqual([{ type: 'torn-tail', ...tail }])
      expect(lastIndex(again)).toBe(2)
      again.disk.drain()
      expect(again.disk.content(FIRST)).toEqual(whole.slice(0, ends[1]))
    }
  })

  it('is cut off before anything is added behind it', () => {
    const { disk, ends } = written(3)
    disk.put(FIRST, disk.content(FIRST).slice(0, ends[2]! - 1))
    const again = reopened(disk)
    const { store } = again.open('a')
    store.append([text('three again')])
    again.log.commit()
    expect(again.disk.content(FIRST).length).toBe(ends[1])
    again.disk.drain()
    const third = reopened(again.disk)
    expect(third.log.recovered.tornTail).toBeUndefined()
    expect(texts(third.open('a').store.read(3, 3))).toEqual(['three again'])
  })

  it('may be zeros, and may be a batch that is whole but for its middle', () => {
    const { disk, ends } = written(3)
    const zeros = disk.content(FIRST).slice()
    zeros.fill(0, ends[1])
    disk.put(FIRST, zeros)
    expect(lastIndex(reopened(disk))).toBe(2)
    const holed = written(3).disk
    const bytes = holed.content(FIRST).slice()
    bytes.fill(0, ends[1]! + 42, ends[1]! + 50)
    holed.put(FIRST, bytes)
    expect(lastIndex(reopened(holed))).toBe(2)
  })

  it('may be the whole of the newest segment: it is removed, and the one before goes on', () => {
    const { disk } = written(12, 100, SMALL)
    const files = disk.list()
    expect(files).toEqual([FIRST, SECOND])
    const whole = disk.content(SECOND)
    const before = lastIndex(reopened(disk))
    for (const length of [0, 1, 12, 39, 40, 60, 100]) {
      disk.put(SECOND, whole.slice(0, length))
      const again = reopened(disk, SMALL)
      expect(again.log.recovered.tornTail).toEqual({ file: SECOND, offset: 0, bytes: length })
      const { store } = again.open('a')
      expect(store.lastIndex).toBeLessThan(before)
      store.append([text('again')])
      again.log.commit()
      again.disk.drain()
      expect(again.disk.list()).toEqual([FIRST, SECOND])
      const third = reopened(again.disk, SMALL)
      expect(texts(third.open('a').store.read(store.lastIndex, store.lastIndex))).toEqual(['again'])
    }
  })

  it('may be all there is: the log is new then', () => {
    const { disk, ends } = written(1)
    for (const length of [0, 16, 50, ends[0]! - 1]) {
      disk.put(FIRST, written(1).disk.content(FIRST).slice(0, length))
      const again = reopened(disk)
      expect(again.log.recovered).toMatchObject({ segments: 0, tornTail: { file: FIRST, offset: 0, bytes: length } })
      expect(lastIndex(again)).toBe(0)
      again.disk.drain()
      expect(again.disk.list()).toEqual([])
    }
  })

  it('is not mistaken for corruption when a record in it holds a copy of a log', () => {
    const copied = written(5).disk.content(FIRST)
    const { disk, log, open } = opened()
    const { store } = open('a')
    store.append([text('one')])
    log.commit()
    disk.drain()
    const sound = disk.content(FIRST).length
    store.append([copied, new Uint8Array(100)])
    log.commit()
    disk.drain()
    disk.put(FIRST, disk.content(FIRST).slice(0, -10))
    expect(reopened(disk).log.recovered.tornTail?.offset).toBe(sound)
  })
})

describe('corruption', () => {
  it('is refused with file and offset, and left as it is', () => {
    const { disk, ends } = written(3)
    for (let bit = ends[0]! * 8; bit < ends[1]! * 8; bit += 3) {
      const damaged = disk.crashed({ seed: 0, processOnly: true })
      damaged.flip(FIRST, bit)
      const error = thrownBy(() => opened(damaged))
      expect(error).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file: FIRST, offset: ends[0] } })
      expect(String(error)).toMatch(new RegExp(`${FIRST} is corrupt at byte ${ends[0]}: .*batch 2.*restore`))
      expect(damaged.commits).toBe(0)
    }
  })

  it('is found in every bit of a segment that is not the newest', () => {
    const { disk } = written(12, 100, SMALL)
    const size = disk.content(FIRST).length
    for (let bit = 0; bit < size * 8; bit += 11) {
      const damaged = disk.crashed({ seed: 0, processOnly: true })
      damaged.flip(FIRST, bit)
      expect(thrownBy(() => opened(damaged))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file: FIRST } })
    }
  })

  it('is what a segment has that is too short, and not the newest', () => {
    const { disk } = written(12, 100, SMALL)
    const whole = disk.content(FIRST)
    for (const length of [0, 20, 40, whole.length - 1]) {
      disk.put(FIRST, whole.slice(0, length))
      expect(thrownBy(() => reopened(disk))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file: FIRST } })
    }
  })

  it('is a damaged header of a segment that holds more than its first batch', () => {
    const { disk } = written(2)
    disk.flip(FIRST, 8 * 20)
    expect(thrownBy(() => reopened(disk))).toMatchObject({
      code: 'QUORATE_LOG_CORRUPT',
      data: { file: FIRST, offset: 0 },
    })
  })

  it('is a segment that is missing between others', () => {
    const { disk } = written(30, 100, SMALL)
    disk.lose(SECOND)
    expect(thrownBy(() => reopened(disk))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file: SECOND } })
  })

  it('is a segment that is missing at the start and holds records that are needed', () => {
    const { disk } = written(30, 100, SMALL)
    disk.lose(FIRST)
    expect(thrownBy(() => reopened(disk))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file: FIRST } })
  })

  it('is a segment that holds another place in the sequence than its name says', () => {
    const { disk } = written(30, 100, SMALL)
    disk.put(SECOND, disk.content(THIRD))
    expect(thrownBy(() => reopened(disk))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file: SECOND } })
  })

  it('is a segment of another log under the right name', () => {
    const { disk } = written(30, 100, SMALL)
    disk.put(SECOND, written(40, 30, SMALL).disk.content(SECOND))
    expect(thrownBy(() => reopened(disk))).toMatchObject({
      code: 'QUORATE_LOG_CORRUPT',
      data: { file: SECOND, offset: 24 },
    })
  })

  it('is a damaged first batch when the segments before it were removed on the strength of it', () => {
    const { disk, log, open } = opened(new TestDisk(), SMALL)
    const { store } = open('a')
    while (disk.list().at(-1) !== SECOND) {
      store.append([new Uint8Array(100)])
      log.commit()
      disk.drain()
    }
    store.compact(store.lastIndex)
    log.commit()
    disk.drain()
    expect(disk.list()).toEqual([SECOND])
    disk.put(SECOND, disk.content(SECOND).slice(0, 60))
    expect(thrownBy(() => reopened(disk))).toMatchObject({
      code: 'QUORATE_LOG_CORRUPT',
      data: { file: SECOND, offset: 0 },
    })
  })

  it('shows in what is missing when the newest batch is lost after segments were removed on the strength of it', () => {
    const { disk, log, open } = written(12, 100, SMALL)
    const { store } = open('b')
    store.append([text('x')])
    log.commit()
    disk.drain()
    const a = log
    log.drop('a')
    a.commit()
    disk.drain()
    expect(disk.list()).toEqual([SECOND])
    const newest = disk.content(SECOND)
    disk.flip(SECOND, (newest.length - 1) * 8)
    expect(thrownBy(() => reopened(disk))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT' })
  })
})

describe('a later format', () => {
  it('is refused with both versions named', () => {
    const { disk } = written(2)
    const bytes = disk.content(FIRST).slice()
    const view = new DataView(bytes.buffer)
    view.setUint32(8, 7, true)
    view.setUint32(12, crc32c(view, 0, 12), true)
    disk.put(FIRST, bytes)
    const error = thrownBy(() => reopened(disk))
    expect(error).toMatchObject({ code: 'QUORATE_LOG_VERSION', data: { version: 7, supported: FORMAT_VERSION } })
    expect(String(error)).toMatch(/version 7 .* version 1/)
  })

  it('is not what a flipped bit in the version makes of it', () => {
    const { disk } = written(2)
    disk.flip(FIRST, 8 * 8 + 1)
    expect(thrownBy(() => reopened(disk))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT' })
  })
})
