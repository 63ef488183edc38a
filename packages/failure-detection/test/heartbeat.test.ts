import { isMalformed, isQuorateError, type FailureDetectorOptions } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { defineHeartbeatDetector, heartbeatCodec, phiAccrual, timeout } from '../src/index.js'
import { Bench } from './bench.js'

const n2 = { id: 'n2', incarnation: 1 }
const types = (bench: Bench): string[] =>
  bench.news().map((each) => (each.type === 'unsure' ? each.type : `${each.type} ${each.peer}`))

describe('sending heartbeats', () => {
  it('sends one to every peer at each moment of an absolute schedule, numbered from 1', () => {
    const bench = new Bench(timeout)
    bench.runTo(350)
    expect(bench.sent.map(({ to, message }) => [to, message.sequence, message.sentAtMs, message.lateMs])).toEqual([
      [['n2', 'n3'], 1, 0, 0],
      [['n2', 'n3'], 2, 100, 0],
      [['n2', 'n3'], 3, 200, 0],
      [['n2', 'n3'], 4, 300, 0],
    ])
  })

  it('sends a late one when it can, says how late it is, and is on time with the next', () => {
    const bench = new Bench(timeout)
    bench.stallTo(130)
    bench.fireLate()
    bench.runTo(250)
    expect(bench.sent.map(({ message }) => [message.sequence, message.sentAtMs, message.lateMs])).toEqual([
      [1, 0, 0],
      [2, 130, 30],
      [3, 200, 0],
    ])
  })

  it('sends one heartbeat, not a burst, for the moments that it slept through', () => {
    const bench = new Bench(timeout)
    bench.stallTo(1250)
    bench.fireLate()
    bench.runTo(1300)
    expect(bench.sent.map(({ message }) => [message.sequence, message.sentAtMs, message.lateMs])).toEqual([
      [1, 0, 0],
      [13, 1250, 1150],
      [14, 1300, 0],
    ])
  })
})

describe('a heartbeat on the wire', () => {
  it('comes back as it was sent, in some thirty bytes', () => {
    const heartbeat = { type: 'heartbeat', sequence: 12_345_678, sentAtMs: 123_456.789, lateMs: 0.25 } as const
    const bytes = heartbeatCodec.encode(heartbeat)
    expect(heartbeatCodec.decode(bytes)).toEqual(heartbeat)
    expect(bytes.length).toBeLessThan(32)
  })

  it.each([
    { sentAtMs: Number.NaN, lateMs: 0 },
    { sentAtMs: -Infinity, lateMs: 0 },
    { sentAtMs: 0, lateMs: Number.NaN },
    { sentAtMs: 0, lateMs: Infinity },
    { sentAtMs: 0, lateMs: -1 },
  ])('is refused with times that are none: %o', (times) => {
    expect(
      isMalformed(heartbeatCodec.decode(heartbeatCodec.encode({ type: 'heartbeat', sequence: 1, ...times }))),
    ).toBe(true)
  })

  it('is refused when it is something else', () => {
    expect(isMalformed(heartbeatCodec.decode(new Uint8Array([1, 2, 3])))).toBe(true)
  })
})

describe('suspicion by silence', () => {
  it('suspects a silent peer after exactly the detection time, and nobody who is heard', () => {
    const bench = new Bench(timeout)
    bench.calm(['n2', 'n3'], 1, 5)
    bench.calm(['n3'], 6, 20)
    expect(bench.news()).toEqual([{ type: 'suspect', peer: 'n2', verdict: 'silent', level: 1, silentMs: 1000 }])
    expect([bench.detector.verdict('n2'), bench.detector.verdict('n3')]).toEqual(['silent', undefined])
  })

  it('suspects a peer that was never heard, a detection time after its own start', () => {
    const bench = new Bench(phiAccrual)
    bench.calm(['n3'], 1, 20)
    expect(bench.news()).toMatchObject([{ type: 'suspect', peer: 'n2', silentMs: 1000 }])
  })

  it('restores a suspected peer on its next heartbeat and suspects it again when it falls silent again', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.runTo(1500)
    bench.heartbeat('n2', 15)
    expect(bench.detector.verdict('n2')).toBeUndefined()
    bench.runTo(2499)
    expect(types(bench)).toEqual(['suspect n2', 'restore n2'])
    bench.runTo(2500)
    expect(types(bench)).toEqual(['suspect n2'])
  })

  it('looks again only when somebody may have become suspect, not with every heartbeat', () => {
    const bench = new Bench(timeout)
    const armed: number[] = []
    const set = bench.timers.set.bind(bench.timers)
    bench.timers.set = (name, atMs) => {
      if (name === 'silence') armed.push(atMs)
      return set(name, atMs)
    }
    bench.calm(['n2', 'n3'], 1, 100)
    expect(armed.length).toBeLessThan(15)
  })

  it('does not count doubled and overtaken heartbeats as signs of life', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    for (const atMs of [600, 900, 1200]) {
      bench.runTo(atMs)
      bench.heartbeat('n2', 5)
      bench.heartbeat('n2', 2)
    }
    bench.runTo(1502)
    expect(types(bench)).toEqual(['suspect n2'])
  })

  it('raises its level from 0 after a heartbeat to 1 at the detection time, and beyond', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.heartbeat('n2', 1)
    expect(bench.detector.level('n2')).toBe(0)
    bench.runTo(500)
    expect(bench.detector.level('n2')).toBe(0.5)
    bench.runTo(3000)
    expect(bench.detector.level('n2')).toBe(3)
  })

  it('trusts itself, and refuses to judge whom it does not watch', () => {
    const bench = new Bench(timeout)
    expect([bench.detector.level('n1'), bench.detector.verdict('n1')]).toEqual([0, undefined])
    expect(() => bench.detector.level('n9')).toThrow(/"n9" is not watched/)
    bench.heartbeat('n9', 1)
    bench.peer({ type: 'connected', peer: { id: 'n9', incarnation: 1 } })
    expect(bench.news()).toEqual([])
  })
})

describe('lives of a peer', () => {
  it('drops heartbeats of an earlier life, so that they neither restore a peer nor make its new life look stale', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    bench.runTo(5100)
    bench.heartbeat('n2', 1, { incarnation: 2 })
    bench.heartbeat('n2', 51, { incarnation: 1 })
    bench.runTo(5200)
    bench.heartbeat('n2', 2, { incarnation: 2 })
    expect(bench.shown('n2')).toMatchObject({ incarnation: 2, heardIncarnation: 2, sequence: 2, silentMs: 0 })
    bench.runTo(6300)
    bench.heartbeat('n2', 52, { incarnation: 1 })
    expect(types(bench)).toEqual(['suspect n2'])
  })

  it('forgets numbers and estimate of the life before', () => {
    const bench = new Bench(phiAccrual, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    bench.runTo(5100)
    bench.heartbeat('n2', 1, { incarnation: 2 })
    expect(bench.shown('n2')).toMatchObject({ sequence: 1, estimate: { samples: 0 } })
    bench.runTo(5900)
    expect(bench.news()).toEqual([])
  })

  it('takes a connection as news of a life, but only a heartbeat restores', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.runTo(2000)
    bench.peer({ type: 'connected', peer: { id: 'n2', incarnation: 2 } })
    bench.heartbeat('n2', 20)
    expect(types(bench)).toEqual(['suspect n2'])
    bench.heartbeat('n2', 1, { incarnation: 2 })
    expect(types(bench)).toEqual(['restore n2'])
  })
})

describe('evidence from connections', () => {
  it('is sure at once that a peer is gone when nobody listens at its address any more', () => {
    const bench = new Bench(timeout)
    bench.calm(['n2', 'n3'], 1, 5)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    expect(bench.news()).toEqual([{ type: 'suspect', peer: 'n2', verdict: 'gone', level: 1, silentMs: 0 }])
    expect([bench.detector.verdict('n2'), bench.detector.level('n2')]).toEqual(['gone', 1])
  })

  it('turns a silent verdict into gone, and says so', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.runTo(2000)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    expect(bench.news()).toMatchObject([{ verdict: 'silent' }, { verdict: 'gone', level: 1.499 }])
  })

  it('restores a peer taken for gone when it is heard again, in the same life or a new one', () => {
    const bench = new Bench(timeout)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    bench.heartbeat('n2', 1)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    bench.heartbeat('n2', 1, { incarnation: 2 })
    expect(types(bench)).toEqual(['suspect n2', 'restore n2', 'suspect n2', 'restore n2'])
  })

  it('does not hold the end of an earlier life against the present one', () => {
    const bench = new Bench(timeout)
    bench.heartbeat('n2', 1, { incarnation: 2 })
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    expect(bench.news()).toEqual([])
  })

  it('gives a peer whose connection ended two intervals to be heard again', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'ended' })
    bench.runTo(700)
    expect(bench.news()).toEqual([])
    bench.runTo(702)
    expect(bench.news()).toMatchObject([{ type: 'suspect', verdict: 'silent', level: 1, silentMs: 200 }])
  })

  it.each([
    ['a heartbeat', (bench: Bench) => bench.heartbeat('n2', 6)],
    ['a new connection', (bench: Bench) => bench.peer({ type: 'connected', peer: n2 })],
  ])('forgets an ended connection after %s', (_, sign) => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'ended' })
    bench.runTo(600)
    sign(bench)
    bench.runTo(1500)
    expect(bench.news()).toEqual([])
  })

  it('makes nothing of a connection that timed out: the silence speaks for itself', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'timed-out' })
    bench.runTo(1500)
    expect(bench.news()).toEqual([])
  })
})

describe('measuring its own mistakes', () => {
  it('counts a suspicion that ended without a new life, how long it lasted, and the share of time that was right', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.runTo(2001)
    bench.heartbeat('n2', 20)
    expect(bench.shown('n2')).toMatchObject({
      quality: { suspicions: 1, mistakes: 1, lastMistakeMs: 500, queryAccuracy: 1 - 500 / 2001 },
    })
  })

  it('does not count one that ended with a new life, nor the time in between', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 5)
    bench.runTo(2001)
    bench.heartbeat('n2', 1, { incarnation: 2 })
    expect(bench.shown('n2')).toMatchObject({ quality: { suspicions: 1, mistakes: 0, queryAccuracy: 1 } })
    bench.runTo(3101)
    bench.heartbeat('n2', 12, { incarnation: 2 })
    const aliveMs = 3101 - 500
    expect(bench.shown('n2')).toMatchObject({
      quality: { suspicions: 2, mistakes: 1, lastMistakeMs: 100, queryAccuracy: 1 - 100 / aliveMs },
    })
  })

  it('does not count the suspicion of a peer that had not been heard yet', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.runTo(2001)
    bench.heartbeat('n2', 1)
    expect(bench.shown('n2')).toMatchObject({ quality: { suspicions: 1, mistakes: 0, queryAccuracy: 1 } })
  })

  it('shows the jitter of the way, free of how late the sender was', () => {
    const bench = new Bench(timeout, { members: ['n1', 'n2'] })
    bench.heartbeat('n2', 1, { sentAtMs: 1000 })
    bench.runTo(140)
    bench.heartbeat('n2', 2, { sentAtMs: 1140, lateMs: 40 })
    expect(bench.shown('n2')).toMatchObject({ jitterMs: 0, senderLateMs: 40 })
    bench.runTo(256)
    bench.heartbeat('n2', 3, { sentAtMs: 1240 })
    expect(bench.shown('n2')).toMatchObject({ jitterMs: 1, senderLateMs: 0 })
  })
})

describe('options', () => {
  const code = (options: Partial<FailureDetectorOptions>): string | undefined => {
    try {
      new Bench(timeout, options)
    } catch (error) {
      if (isQuorateError(error)) return error.code
      throw error
    }
    return undefined
  }

  it('refuses intervals and detection times that cannot work, by name', () => {
    expect(code({ heartbeatIntervalMs: 0 })).toBe('QUORATE_INVALID_OPTION')
    expect(code({ heartbeatIntervalMs: Number.NaN })).toBe('QUORATE_INVALID_OPTION')
    expect(code({ heartbeatIntervalMs: 100, detectionTimeMs: 199 })).toBe('QUORATE_INVALID_OPTION')
    expect(code({ heartbeatIntervalMs: 100, detectionTimeMs: Infinity })).toBe('QUORATE_INVALID_OPTION')
    expect(code({ heartbeatIntervalMs: 100, detectionTimeMs: 200 })).toBeUndefined()
  })

  it('refuses members that do not include this node', () => {
    expect(code({ members: ['n2', 'n3'] })).toBe('QUORATE_INVALID_MEMBERS')
  })

  it('runs alone, and has nobody to suspect', () => {
    const bench = new Bench(phiAccrual, { members: ['n1'] })
    bench.runTo(5000)
    expect(bench.news()).toEqual([])
  })

  it('takes any estimator, and never waits longer than the contract for it', () => {
    const estimating = (suspectAfterMs: number): Bench => {
      const definition = defineHeartbeatDetector({
        name: 'fixed',
        estimator: () => ({
          add() {},
          suspectAfterMs: () => suspectAfterMs,
          level: (silentMs) => silentMs / suspectAfterMs,
          inspect: () => ({ suspectAfterMs }),
        }),
      })
      const bench = new Bench(definition, { members: ['n1', 'n2'] })
      bench.heartbeat('n2', 1)
      bench.runTo(10_000)
      return bench
    }
    expect(estimating(300).news()).toMatchObject([{ type: 'suspect', silentMs: 300, level: 1 }])
    expect(estimating(5000).news()).toMatchObject([{ type: 'suspect', silentMs: 1000, level: 1 }])
  })
})
