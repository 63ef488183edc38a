import type { HostTimer } from '@quorate/core'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Timers } from '../src/timers.js'

const named = (name: string): HostTimer => ({ path: '', name, handle: undefined })

/** Timers that write down which of them fired, and by how much they were late when that was a stall. */
function recorded() {
  const fired: string[] = []
  const stalls: number[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const timers = new Timers(
    ({ name }) => {
      fired.push(name)
      for (const { count, resolve } of waiting) if (fired.length >= count) resolve()
    },
    (lateMs) => stalls.push(lateMs),
  )
  const untilFired = (count: number): Promise<void> => new Promise((resolve) => waiting.push({ count, resolve }))
  return { timers, fired, stalls, untilFired }
}

/** Keeps the event loop from running, as a long computation or a stopped process would. */
function standStill(durationMs: number): void {
  const untilMs = performance.now() + durationMs
  while (performance.now() < untilMs);
}

describe('timers', () => {
  it('never fire early, whatever fraction of a millisecond the delay has', async () => {
    const early: number[] = []
    let left = 100
    await new Promise<void>((resolve) => {
      const dueMs = new Map<string, number>()
      const timers = new Timers(
        ({ name }) => {
          const remainingMs = (dueMs.get(name) as number) - performance.now()
          if (remainingMs > 0) early.push(remainingMs)
          if (--left === 0) resolve()
        },
        () => {},
      )
      for (let index = 0; index < 100; index++) {
        const delayMs = index * 0.37
        dueMs.set(String(index), performance.now() + delayMs)
        timers.schedule(named(String(index)), delayMs)
      }
    })
    expect(early).toEqual([])
  })
})

describe('timers on a clock that the test moves', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  /** Moves the clock, then lets the event loop go round. */
  async function advance(durationMs: number): Promise<void> {
    vi.advanceTimersByTime(durationMs)
    for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve))
  }

  it('fire once, when they are due', async () => {
    const { timers, fired } = recorded()
    timers.schedule(named('second'), 15)
    timers.schedule(named('first'), 1)
    await advance(14)
    expect(fired).toEqual(['first'])
    await advance(1)
    await advance(100)
    expect(fired).toEqual(['first', 'second'])
  })

  it('fire when they are due last, when they are set again for later', async () => {
    const { timers, fired } = recorded()
    const again = named('again')
    timers.schedule(again, 10)
    await advance(5)
    timers.schedule(again, 10)
    timers.schedule(again, 20)
    await advance(19)
    expect(fired).toEqual([])
    await advance(1)
    await advance(100)
    expect(fired).toEqual(['again'])
  })

  it('fire when they are due last, when they are set again for earlier', async () => {
    const { timers, fired } = recorded()
    const again = named('again')
    timers.schedule(again, 30)
    timers.schedule(again, 10)
    await advance(9)
    expect(fired).toEqual([])
    await advance(1)
    expect(fired).toEqual(['again'])
    await advance(100)
    expect(fired).toEqual(['again'])
  })

  it('do not fire once they are cancelled, and can be set again', async () => {
    const { timers, fired } = recorded()
    const [cancelled, back] = [named('cancelled'), named('back')]
    timers.schedule(cancelled, 10)
    timers.schedule(back, 10)
    timers.cancel(cancelled)
    timers.cancel(back)
    timers.cancel(named('never set'))
    timers.schedule(back, 20)
    await advance(19)
    expect(fired).toEqual([])
    await advance(100)
    expect(fired).toEqual(['back'])
  })

  it('leave nothing behind when they are cancelled between running out and firing', async () => {
    const { timers, fired } = recorded()
    const timer = named('timer')
    timers.schedule(timer, 10)
    vi.advanceTimersByTime(10)
    timers.cancel(timer)
    await advance(0)
    expect(fired).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('do not fire once all are stopped', async () => {
    const { timers, fired } = recorded()
    timers.schedule(named('a'), 1)
    timers.schedule(named('b'), 5)
    timers.stop()
    await advance(100)
    expect(fired).toEqual([])
  })

  it('wait for delays that setTimeout does not take', async () => {
    const { timers, fired } = recorded()
    const delayMs = 3 * 2 ** 31
    const set = vi.spyOn(globalThis, 'setTimeout')
    timers.schedule(named('long'), delayMs)
    // Longer ones would run out after a millisecond, again and again.
    expect(set.mock.calls[0]?.[1]).toBeLessThan(2 ** 31)
    await advance(delayMs - 1)
    expect(fired).toEqual([])
    await advance(1)
    expect(fired).toEqual(['long'])
  })

  it('are not taken for stalls when they are on time', async () => {
    const { timers, fired, stalls } = recorded()
    timers.schedule(named('whole'), 10)
    timers.schedule(named('fraction'), 20.5)
    await advance(21)
    expect(fired).toEqual(['whole', 'fraction'])
    expect(stalls).toEqual([])
  })
})

describe('timers after a stall', () => {
  const open: { destroy(): void }[] = []
  afterEach(() => {
    for (const each of open.splice(0)) each.destroy()
  })

  /** Two ends of one connection within this process: what one writes waits in the kernel until the other polls. */
  async function connected(): Promise<readonly [Socket, Socket]> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [far] = (await once(server, 'connection')) as [Socket]
    if (near.connecting) await once(near, 'connect')
    server.close()
    open.push(near, far)
    return [near, far]
  }

  it('fire after the messages that had arrived before, and tell how late they are', async () => {
    const [near, far] = await connected()
    const { timers, fired, stalls, untilFired } = recorded()
    near.on('data', () => fired.push('message'))
    timers.schedule(named('timer'), 10)
    far.write('heartbeat')
    standStill(60)
    await untilFired(1)
    expect(fired).toEqual(['message', 'timer'])
    expect(stalls).toHaveLength(1)
    expect(stalls[0]).toBeGreaterThan(40)
  })

  it('fire after messages that had arrived before, also when they are due only at the end of the stall', async () => {
    const [near, far] = await connected()
    const { timers, fired, untilFired } = recorded()
    near.on('data', () => fired.push('message'))
    timers.schedule(named('early'), 10)
    timers.schedule(named('timer'), 59)
    far.write('heartbeat')
    standStill(60)
    await untilFired(3)
    expect(fired).toEqual(['message', 'early', 'timer'])
  })

  it('do not fire when such a message cancels them', async () => {
    const [near, far] = await connected()
    const { timers, fired, untilFired } = recorded()
    const timer = named('timer')
    near.on('data', () => timers.cancel(timer))
    timers.schedule(timer, 10)
    far.write('heartbeat')
    standStill(60)
    timers.schedule(named('end'), 30)
    await untilFired(1)
    expect(fired).toEqual(['end'])
  })

  it('do not fire before their new time when such a message puts them off', async () => {
    const [near, far] = await connected()
    const { timers, fired, untilFired } = recorded()
    const timer = named('timer')
    near.on('data', () => {
      timers.schedule(named('between'), 20)
      timers.schedule(timer, 40)
    })
    timers.schedule(timer, 10)
    far.write('heartbeat')
    standStill(60)
    await untilFired(2)
    expect(fired).toEqual(['between', 'timer'])
  })
})
