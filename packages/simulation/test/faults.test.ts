import { AT_ONCE, limits } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import type { FaultAction, LinkConditions, Simulation } from '../src/index.js'
import { note, probe, probes, type Probe } from './probe.js'

const heard = (simulation: Simulation<Probe>, id: string) => (simulation.inspect(id) as { heard: string[] }).heard

/** Has `from` send 5,000 numbered messages to `to` at the same time, and returns their numbers as they arrive. */
function arrivals(links: Partial<LinkConditions>, seed = 1): number[] {
  const numbers: number[] = []
  const simulation = probes(2, { receive: (_, __, text) => numbers.push(Number(text)) }, { links, seed })
  simulation.request('n1', 'send', ({ env }) => {
    for (let number = 0; number < 5000; number++) env.send('n2', note(`${number}`))
  })
  simulation.run(10_000)
  return numbers
}

const overtaken = (numbers: readonly number[]) =>
  numbers.filter((number, index) => index > 0 && number < (numbers[index - 1] as number)).length

describe('links', () => {
  it('lose as many messages as they are told to', () => {
    expect(arrivals({ loss: 0 })).toHaveLength(5000)
    expect(arrivals({ loss: 1 })).toHaveLength(0)
    expect(Math.abs(arrivals({ loss: 0.3 }).length - 3500)).toBeLessThan(165) // five deviations
  })

  it('double as many messages as they are told to', () => {
    expect(arrivals({ duplication: 1 })).toHaveLength(10_000)
    const numbers = arrivals({ duplication: 0.2 })
    expect(new Set(numbers).size).toBe(5000)
    expect(Math.abs(numbers.length - 6000)).toBeLessThan(145)
  })

  it('let messages overtake each other, unless they are told to keep their order', () => {
    const delays = { minDelayMs: 1, maxDelayMs: 10 }
    expect(overtaken(arrivals(delays))).toBeGreaterThan(2000)
    expect(overtaken(arrivals({ ...delays, ordered: true, straggling: 0.5 }))).toBe(0)
    expect(overtaken(arrivals({ minDelayMs: 1, maxDelayMs: 1 }))).toBe(0)
  })

  it('keep to their bounds on delay, but for stragglers', () => {
    const delays = (straggling: number) => {
      const times: number[] = []
      const simulation = probes(
        2,
        { receive: ({ env }) => times.push(env.clock.now()) },
        { links: { minDelayMs: 2, maxDelayMs: 5, straggling } },
      )
      simulation.request('n1', 'send', ({ env }) => {
        for (let count = 0; count < 5000; count++) env.send('n2', note('a'))
      })
      simulation.run(1000)
      return times
    }
    const calm = delays(0)
    expect(Math.min(...calm)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...calm)).toBeLessThanOrEqual(5)
    const straggling = delays(0.5)
    expect(Math.max(...straggling)).toBeLessThanOrEqual(55)
    // Half of them take up to 50 ms more, most of these more than 3.
    expect(Math.abs(straggling.filter((time) => time > 5).length - 2500)).toBeLessThan(250)
  })

  it('change one byte of as many messages as they are told to; what is no message any more is reported', () => {
    const simulation = probes(2, {}, { links: { corruption: 0.5 }, traceLimit: 100_000 })
    simulation.request('n1', 'send', ({ env }) => {
      for (let count = 0; count < 1000; count++) env.send('n2', note('abcdefghij'))
    })
    simulation.run(100)
    const malformed = simulation.trace.filter((entry) => entry.type === 'report' && entry.report.type === 'malformed')
    const changed = heard(simulation, 'n2').filter((text) => text !== 'abcdefghij from n1')
    expect(malformed.length).toBeGreaterThan(50)
    expect(changed.length).toBeGreaterThan(50)
    expect(Math.abs(malformed.length + changed.length - 500)).toBeLessThan(100)
  })
})

describe('a cut', () => {
  const everybodySpeaks = (simulation: Simulation<Probe>) => {
    for (const id of simulation.nodes) {
      simulation.request(id, 'speak', ({ env }) => env.send(simulation.nodes, note('hello')))
    }
    simulation.run(simulation.now + 10)
    const all = simulation.nodes.map((id) =>
      heard(simulation, id)
        .map((text) => text.slice(-2))
        .sort()
        .join(' '),
    )
    for (const id of simulation.nodes) simulation.request(id, 'forget', (each) => void (each.heard.length = 0))
    return all
  }

  it('works one way', () => {
    const simulation = probes(3, {})
    simulation.apply({ type: 'cut', from: ['n1'], to: ['n2', 'n3'] })
    expect(everybodySpeaks(simulation)).toEqual(['n1 n2 n3', 'n2 n3', 'n2 n3'])
    expect([simulation.connected('n1', 'n2'), simulation.connected('n2', 'n1')]).toEqual([false, true])
  })

  it('never cuts a node off from itself', () => {
    const simulation = probes(2, {})
    simulation.apply({ type: 'cut', from: ['n1', 'n2'], to: ['n1', 'n2'] })
    expect(everybodySpeaks(simulation)).toEqual(['n1', 'n2'])
  })

  it('does not stop what is under way', () => {
    const simulation = probes(2, {})
    simulation.request('n1', 'speak', ({ env }) => env.send('n2', note('hello')))
    simulation.apply({ type: 'cut', from: ['n1'], to: ['n2'] })
    simulation.run(10)
    expect(heard(simulation, 'n2')).toEqual(['hello from n1'])
  })

  it('is mended by itself: a link that another strikes stays cut', () => {
    const simulation = probes(3, {})
    const [one, other]: FaultAction[] = [
      { type: 'cut', from: ['n1'], to: ['n2'] },
      { type: 'cut', from: ['n1'], to: ['n2', 'n3'] },
    ]
    simulation.apply(one as FaultAction)
    simulation.apply(other as FaultAction)
    simulation.apply({ type: 'mend', from: ['n1'], to: ['n2', 'n3'] })
    expect(everybodySpeaks(simulation)).toEqual(['n1 n2 n3', 'n2 n3', 'n1 n2 n3'])
    simulation.apply({ type: 'mend', from: ['n1'], to: ['n2'] })
    simulation.apply({ type: 'mend', from: ['n1'], to: ['n2'] })
    expect(everybodySpeaks(simulation)).toEqual(['n1 n2 n3', 'n1 n2 n3', 'n1 n2 n3'])
    simulation.apply(one as FaultAction)
    expect(simulation.connected('n1', 'n2')).toBe(false)
  })

  it('is over, with all others, when the links heal', () => {
    const simulation = probes(3, {})
    for (let count = 0; count < 2; count++) simulation.apply({ type: 'cut', from: ['n1'], to: ['n2', 'n3'] })
    simulation.apply({ type: 'heal' })
    expect(everybodySpeaks(simulation)).toEqual(['n1 n2 n3', 'n1 n2 n3', 'n1 n2 n3'])
  })
})

describe('a crash', () => {
  it('forgets exactly what was not durable', () => {
    const simulation = probes(1, {})
    const write = (key: string) => simulation.request('n1', 'write', (each) => void each.put(key, 'value'))
    write('a')
    simulation.run(1)
    write('b')
    simulation.run(1.5)
    write('c')
    simulation.run(2) // b took until now
    simulation.apply({ type: 'crash', node: 'n1' })
    const kept = ['a', 'b', 'c'].filter((key) => simulation.root('n1').get(key) !== undefined)
    expect(kept).toEqual(['a', 'b'])
  })

  it.each([
    [0, []],
    [1, ['a', 'b']],
    [2, ['a', 'b', 'c']],
    [9, ['a', 'b', 'c', 'd']],
  ])('may leave the first %d steps that were not durable, each of them whole', (survivors, expected) => {
    const simulation = probes(1, {})
    for (const keys of [['a', 'b'], ['c'], ['d']]) {
      simulation.request('n1', 'write', (each) => keys.forEach((key) => each.put(key, 'value')))
    }
    simulation.apply({ type: 'crash', node: 'n1', survivors })
    const kept = ['a', 'b', 'c', 'd'].filter((key) => simulation.root('n1').get(key) !== undefined)
    expect(kept).toEqual(expected)
  })

  it('takes with it what waited for a write, timers, and children', () => {
    const simulation = probes(2, { construct: ({ env }) => void env.scope('child', probe({})) }, { traceLimit: 100 })
    simulation.request('n1', 'all', (each) => {
      each.env.timer('t', 5)
      each.put('key', 'value')
      each.env.send('n2', note('waits'))
      each.env.indicate('waits')
    })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'restart', node: 'n1' })
    simulation.run(20)
    expect(heard(simulation, 'n1')).toEqual([])
    expect(heard(simulation, 'n2')).toEqual([])
    expect(simulation.trace.some(({ type }) => type === 'indication')).toBe(false)
  })

  it('restarts by itself when it is told to, so long after it has struck', () => {
    const simulation = probes(1, {
      start: ({ env }) => env.timer('t', 5),
      timeout: ({ env }) => env.send('n1', note('a')),
    })
    simulation.apply({ type: 'crash', node: 'n1', afterSends: 0, restartAfterMs: 3 })
    simulation.run(7.9)
    expect(simulation.isUp('n1')).toBe(false)
    simulation.run(8)
    expect(simulation.incarnation('n1')).toEqual({ id: 'n1', incarnation: 2 })
    expect(simulation.isUp('n1')).toBe(true)
  })
})

describe('a crash in the midst of a broadcast', () => {
  const all = ['n1', 'n2', 'n3', 'n4']
  /** What each node has heard after n1 spoke in two steps of four messages, and a crash after so many sends. */
  const spoken = (afterSends: number, finishes = false) => {
    const simulation = probes(4, {})
    simulation.apply({ type: 'crash', node: 'n1', afterSends, finishes })
    for (const text of ['a', 'b']) simulation.request('n1', 'speak', ({ env }) => env.send(all, note(text)))
    simulation.run(10)
    return all.slice(1).map((id) =>
      heard(simulation, id)
        .map((each) => each[0])
        .join(''),
    )
  }

  it.each([
    [0, ['', '', '']],
    [1, ['', '', '']], // the first goes to n1 itself
    [2, ['a', '', '']],
    [4, ['a', 'a', 'a']],
    [6, ['ab', 'a', 'a']],
    [8, ['ab', 'ab', 'ab']],
  ])('lets %d messages out', (afterSends, expected) => {
    expect(spoken(afterSends)).toEqual(expected)
  })

  it('lets all messages of the step out when it is to finish', () => {
    expect(spoken(2, true)).toEqual(['a', 'a', 'a'])
  })

  it('undoes the rest of the step: nothing of it is kept, said, set or reported', () => {
    const told: string[] = []
    const simulation = probes(
      2,
      {},
      {
        traceLimit: 100,
        protocol: () => probe({}, (indication) => told.push(`root heard of ${indication}`)) as never,
        onIndication: (_, __, indication) => told.push(`onIndication ${String(indication)}`),
      },
    )
    simulation.request('n1', 'before', (each) => void each.put('before', 'value'))
    simulation.run(10)
    simulation.apply({ type: 'crash', node: 'n1', afterSends: 1 })
    simulation.request('n1', 'doomed', (each) => {
      each.env.indicate('at the beginning')
      each.env.timer('t', 1)
      each.put('doomed', 'value')
      each.env.send('n2', note('first'), AT_ONCE)
      each.env.send('n2', note('second'), AT_ONCE)
      each.env.send('stranger', note('third'), AT_ONCE)
      each.env.send('n2', note('x'.repeat(limits.maxMessageBytes)), AT_ONCE)
      each.env.indicate('at the end', AT_ONCE)
    })
    expect(simulation.isUp('n1')).toBe(false)
    simulation.run(20)
    expect(told).toEqual([])
    expect(simulation.trace.some(({ type }) => type === 'report')).toBe(false)
    expect(heard(simulation, 'n2')).toEqual(['first from n1'])
    expect([simulation.root('n1').get('before'), simulation.root('n1').get('doomed')]).toEqual(['value', undefined])
    simulation.apply({ type: 'restart', node: 'n1' })
    simulation.run(30)
    expect(heard(simulation, 'n1')).toEqual([])
  })

  it('loses what an earlier step wrote and was not durable, with the step', () => {
    const simulation = probes(2, {})
    simulation.apply({ type: 'crash', node: 'n1', afterSends: 0 })
    simulation.request('n1', 'write', (each) => void each.put('key', 'value'))
    simulation.request('n1', 'speak', ({ env }) => env.send('n2', note('a'), AT_ONCE))
    expect(simulation.root('n1').get('key')).toBeUndefined()
  })

  it('also strikes while what waited for a write is let go, and keeps that write', () => {
    const simulation = probes(3, {})
    simulation.apply({ type: 'crash', node: 'n1', afterSends: 1 })
    simulation.request('n1', 'vote', (each) => {
      each.put('vote', 'n2')
      each.env.send(['n2', 'n3'], note('vote'))
    })
    simulation.run(10)
    expect([heard(simulation, 'n2'), heard(simulation, 'n3')]).toEqual([['vote from n1'], []])
    expect(simulation.root('n1').get('vote')).toBe('n2')
  })

  it('does not strike a node that is spared or restarted before', () => {
    for (const type of ['spare', 'restart'] as const) {
      const simulation = probes(2, {})
      simulation.apply({ type: 'crash', node: 'n1', afterSends: 0 })
      simulation.apply({ type, node: 'n1' })
      simulation.request('n1', 'speak', ({ env }) => env.send('n2', note('a')))
      simulation.run(10)
      expect(simulation.incarnation('n1').incarnation).toBe(1)
      expect(heard(simulation, 'n2')).toEqual(['a from n1'])
    }
  })
})

describe('a pause', () => {
  it('of a second lets messages arrive before timers run out, each in their order', () => {
    const simulation = probes(2, {
      start: ({ env }) => {
        if (env.self.id !== 'n1') return
        env.timer('late', 700)
        env.timer('later', 400)
        env.timer('later', 900) // put off: its event comes before that of the other
        env.timer('after', 1100)
      },
    })
    simulation.run(100)
    simulation.apply({ type: 'pause', node: 'n1' })
    expect(simulation.isPaused('n1')).toBe(true)
    for (const atMs of [200, 800, 1050]) {
      simulation.at(atMs, () => simulation.request('n2', 'speak', ({ env }) => env.send('n1', note(`${atMs}`))))
    }
    simulation.at(300, () => simulation.request('n1', 'ask', ({ heard }) => heard.push('asked')))
    simulation.at(600, () => simulation.peerEvent('n1', { type: 'connected', peer: { id: 'n2', incarnation: 1 } }))
    simulation.run(1090)
    expect(heard(simulation, 'n1')).toEqual([])
    simulation.run(1100)
    simulation.apply({ type: 'resume', node: 'n1' })
    simulation.run(2000)
    expect(heard(simulation, 'n1')).toEqual([
      '200 from n2',
      'asked',
      'connected n2',
      '800 from n2',
      '1050 from n2',
      'timeout late',
      'timeout later',
      'timeout after',
    ])
  })

  it('lets what arrives put off a timer that has run out meanwhile', () => {
    const simulation = probes(2, {
      start: ({ env }) => env.timer('suspect', 100),
      receive: ({ env }) => env.timer('suspect', 100),
    })
    simulation.apply({ type: 'pause', node: 'n1' })
    simulation.at(50, () => simulation.request('n2', 'beat', ({ env }) => env.send('n1', note('alive'))))
    simulation.run(1000)
    simulation.apply({ type: 'resume', node: 'n1' })
    simulation.run(1050)
    expect(heard(simulation, 'n1')).toEqual(['alive from n2'])
    simulation.run(1100)
    expect(heard(simulation, 'n1')).toEqual(['alive from n2', 'timeout suspect'])
  })

  it('lets what arrives cancel a timer that has run out meanwhile', () => {
    const simulation = probes(2, {
      start: ({ env }) => env.timer('suspect', 100),
      receive: ({ env }) => env.cancel('suspect'),
    })
    simulation.apply({ type: 'pause', node: 'n1' })
    simulation.request('n2', 'beat', ({ env }) => env.send('n1', note('alive')))
    simulation.run(1000)
    simulation.apply({ type: 'resume', node: 'n1' })
    simulation.run(2000)
    expect(heard(simulation, 'n1')).toEqual(['alive from n2'])
  })

  it('holds back that writes are durable, in their order', () => {
    const written: number[] = []
    const simulation = probes(1, { written: (_, write) => written.push(write) })
    for (const key of ['a', 'b']) simulation.request('n1', 'write', (each) => void each.put(key, 'value'))
    simulation.apply({ type: 'pause', node: 'n1' })
    simulation.run(100)
    expect(written).toEqual([])
    simulation.apply({ type: 'resume', node: 'n1' })
    simulation.run(100)
    expect(written).toEqual([1, 2])
  })

  it('does not stop the clock, and a timer that is not due yet stays so', () => {
    const simulation = probes(1, { start: ({ env }) => env.timer('t', 100) })
    simulation.apply({ type: 'pause', node: 'n1' })
    simulation.run(60)
    simulation.apply({ type: 'resume', node: 'n1' })
    simulation.run(99)
    expect(heard(simulation, 'n1')).toEqual([])
    simulation.run(100)
    expect(heard(simulation, 'n1')).toEqual(['timeout t'])
  })

  it('ends with a crash, and what piled up is gone', () => {
    const simulation = probes(2, {})
    simulation.apply({ type: 'pause', node: 'n1' })
    simulation.request('n2', 'speak', ({ env }) => env.send('n1', note('a')))
    simulation.run(10)
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'restart', node: 'n1' })
    simulation.run(20)
    expect([simulation.isPaused('n1'), heard(simulation, 'n1')]).toEqual([false, []])
    simulation.apply({ type: 'pause', node: 'n1' })
    simulation.apply({ type: 'resume', node: 'n1' })
    simulation.run(30)
    expect(heard(simulation, 'n1')).toEqual([])
  })
})

describe('an omission', () => {
  const speak = (simulation: Simulation<Probe>, from: string, to: string) => {
    simulation.request(from, 'speak', ({ env }) => {
      for (let count = 0; count < 2000; count++) env.send(to, note('hello'))
    })
    simulation.run(simulation.now + 10)
    const { length } = heard(simulation, to)
    simulation.request(to, 'forget', (each) => void (each.heard.length = 0))
    return length
  }

  it('keeps a process from sending, or from receiving, so many of its messages; to itself it still talks', () => {
    const simulation = probes(3, {})
    simulation.apply({ type: 'omit', node: 'n1', sends: 0.3 })
    expect(Math.abs(speak(simulation, 'n1', 'n2') - 1400)).toBeLessThan(105) // five deviations
    expect([speak(simulation, 'n2', 'n1'), speak(simulation, 'n2', 'n3')]).toEqual([2000, 2000])
    expect(speak(simulation, 'n1', 'n1')).toBe(2000)
    simulation.apply({ type: 'omit', node: 'n1', receives: 1 })
    expect([speak(simulation, 'n1', 'n2'), speak(simulation, 'n2', 'n1')]).toEqual([2000, 0])
    simulation.apply({ type: 'omit', node: 'n1' })
    expect([speak(simulation, 'n1', 'n2'), speak(simulation, 'n2', 'n1')]).toEqual([2000, 2000])
  })

  it('is refused with what is no probability', () => {
    expect(() => probes(1, {}).apply({ type: 'omit', node: 'n1', sends: 2 })).toThrow(
      expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }),
    )
  })
})

describe('a slow disk', () => {
  it('takes as long as it is told to, until it is told to take as long as usual', () => {
    const times: number[] = []
    const simulation: Simulation<Probe> = probes(2, { written: () => times.push(simulation.now) })
    const write = () => simulation.request('n1', 'write', (each) => void each.put('key', 'value'))
    simulation.apply({ type: 'disk', node: 'n1', syncMs: [50, 50] })
    write()
    simulation.request('n2', 'write', (each) => void each.put('key', 'value'))
    simulation.run(100)
    simulation.apply({ type: 'disk', node: 'n1' })
    write()
    simulation.run(200)
    expect(times).toEqual([1, 50, 101])
  })
})

describe('a failed sync', () => {
  const failing = (restartAfterMs?: number) => {
    const told: string[] = []
    const simulation: Simulation<Probe> = probes(2, {
      written: (each, write, error) => told.push(`${each.id} ${write} ${error?.code ?? 'durable'}`),
    })
    simulation.request('n1', 'write', (each) => void each.put('first', 'value'))
    simulation.run(10)
    simulation.apply({ type: 'fail-sync', node: 'n1', ...(restartAfterMs === undefined ? {} : { restartAfterMs }) })
    return { simulation, told }
  }

  it('is told to those who wrote; nothing that waited leaves, the process stops, and the write is gone', () => {
    const { simulation, told } = failing()
    simulation.request('n1', 'write', (each) => {
      each.put('second', 'value')
      each.env.send('n2', note('waited'))
    })
    simulation.run(20)
    expect(told).toEqual(['n1 1 durable', 'n1 2 QUORATE_STORE_FAILED'])
    expect([simulation.live, heard(simulation, 'n2')]).toEqual([['n2'], []])
    const recovered = simulation.root('n1')
    expect([recovered.get('first'), recovered.get('second')]).toEqual(['value', undefined])
  })

  it('restarts when it is told to, and does not strike again', () => {
    const { simulation } = failing(5)
    const write = () => simulation.request('n1', 'write', (each) => void each.put('key', 'value'))
    write()
    simulation.run(20)
    expect(simulation.incarnation('n1').incarnation).toBe(2)
    write()
    simulation.run(30)
    expect([simulation.isUp('n1'), simulation.incarnation('n1').incarnation]).toEqual([true, 2])
  })

  it('does not strike a node that is spared', () => {
    const { simulation } = failing()
    simulation.apply({ type: 'spare', node: 'n1' })
    simulation.request('n1', 'write', (each) => void each.put('second', 'value'))
    simulation.run(20)
    expect(simulation.isUp('n1')).toBe(true)
  })
})

describe('a clock', () => {
  const epochMs = 1_000_000_000_000
  const read = (simulation: Simulation<Probe>) => {
    const { clock } = simulation.root('n1').env
    return [clock.now(), clock.wall() - epochMs]
  }

  it('is right until a fault says otherwise, and declares what it is told to', () => {
    const simulation = probes(1, {}, { clockBound: { wallErrorMs: 7, ratePpm: 50 } })
    simulation.run(1234.5)
    expect(read(simulation)).toEqual([1234.5, 1234.5])
    expect(simulation.root('n1').env.clock.bound()).toEqual({ wallErrorMs: 7, ratePpm: 50 })
  })

  it('is wrong by so much from now on, and that alone: intervals are measured as before', () => {
    const simulation = probes(1, {})
    simulation.run(100)
    simulation.apply({ type: 'clock', node: 'n1', wallErrorMs: -5000 })
    expect(read(simulation)).toEqual([100, -4900])
    simulation.run(200)
    expect(read(simulation)).toEqual([200, -4800])
    simulation.apply({ type: 'clock', node: 'n1', wallErrorMs: 1 })
    expect(read(simulation)).toEqual([200, 201])
  })

  it('runs at its rate from now on, while the wall clock keeps its error', () => {
    const simulation = probes(1, {})
    simulation.run(100)
    simulation.apply({ type: 'clock', node: 'n1', wallErrorMs: 3, ratePpm: 500_000 })
    simulation.run(200)
    expect(read(simulation)).toEqual([250, 203])
    simulation.apply({ type: 'clock', node: 'n1', ratePpm: -500_000 })
    simulation.run(300)
    expect(read(simulation)).toEqual([300, 303])
  })

  it.each([
    ['faster', 1_000_000, 50],
    ['slower', -500_000, 200],
  ])('that runs %s ends a timer so much earlier or later', (_, ratePpm, atMs) => {
    const times: number[] = []
    const simulation: Simulation<Probe> = probes(1, { timeout: () => times.push(simulation.now) })
    simulation.apply({ type: 'clock', node: 'n1', ratePpm })
    simulation.request('n1', 'wait', ({ env }) => env.timer('t', 100))
    simulation.run(1000)
    expect(times).toEqual([atMs])
  })

  it.each([
    ['faster', 1_000_000, 75],
    ['slower', -500_000, 150],
  ])('that comes to run %s ends the timers that are set earlier or later, too', (_, ratePpm, atMs) => {
    const times: number[] = []
    const simulation: Simulation<Probe> = probes(1, { timeout: () => times.push(simulation.now) })
    simulation.request('n1', 'wait', ({ env }) => {
      env.timer('t', 100)
      env.timer('taken back', 60)
      env.cancel('taken back')
    })
    simulation.run(50)
    simulation.apply({ type: 'clock', node: 'n1', ratePpm })
    simulation.run(1000)
    expect(times).toEqual([atMs])
  })

  it('never lets a timer run out before its time, however its rate is rounded', () => {
    const early: number[] = []
    const simulation = probes(1, {
      start: (each) => each.env.timer('t', 1),
      timeout: ({ env, heard }) => {
        const due = Number(heard[0])
        if (env.clock.now() < due) early.push(due)
        const delayMs = 0.1 + 10 * env.random.fraction()
        heard.length = 0
        heard.push(`${env.clock.now() + delayMs}`)
        env.timer('t', delayMs)
      },
    })
    simulation.request('n1', 'begin', ({ heard }) => heard.push('1'))
    for (let ratePpm = -300; ratePpm <= 300; ratePpm += 7) {
      simulation.apply({ type: 'clock', node: 'n1', ratePpm })
      simulation.run(simulation.now + 1000)
    }
    expect(simulation.events).toBeGreaterThan(10_000)
    expect(early).toEqual([])
  })
})

describe('a timer', () => {
  const fired = (script: (probe: Probe) => void) => {
    const times: string[] = []
    const simulation: Simulation<Probe> = probes(1, {
      start: script,
      timeout: (_, name) => times.push(`${name} ${simulation.now}`),
    })
    simulation.run(1000)
    return times
  }

  it('runs out when it was set to, last', () => {
    expect(fired(({ env }) => env.timer('t', 100))).toEqual(['t 100'])
    expect(fired(({ env }) => [100, 300, 200].forEach((delayMs) => env.timer('t', delayMs)))).toEqual(['t 200'])
    expect(fired(({ env }) => [200, 100].forEach((delayMs) => env.timer('t', delayMs)))).toEqual(['t 100'])
    expect(fired(({ env }) => env.timer('t', 0))).toEqual(['t 0'])
  })

  it('does not run out when it is taken back, but may be set again', () => {
    expect(
      fired(({ env }) => {
        env.timer('t', 100)
        env.cancel('t')
      }),
    ).toEqual([])
    expect(
      fired(({ env }) => {
        env.timer('t', 100)
        env.cancel('t')
        env.timer('t', 150)
      }),
    ).toEqual(['t 150'])
  })

  it('goes behind what arrives at the same time', () => {
    const simulation = probes(2, { start: ({ env }) => env.timer('t', 1) })
    simulation.request('n2', 'speak', ({ env }) => env.send('n1', note('a')))
    simulation.run(1)
    expect(heard(simulation, 'n1')).toEqual(['a from n2', 'timeout t'])
  })
})

describe('a disk', () => {
  it('takes at most its longest time for each write, and keeps their order', () => {
    const times: [number, number][] = []
    const simulation: Simulation<Probe> = probes(
      1,
      {
        start: ({ env }) => env.timer('t', 0.3),
        timeout: (each) => {
          each.put('at', `${simulation.now}`)
          each.env.timer('t', 0.3)
        },
        written: (each, write) => times.push([write, simulation.now]),
      },
      { syncMs: [0.1, 2] },
    )
    simulation.run(1000)
    expect(times.map(([write]) => write)).toEqual(times.map((_, index) => index + 1))
    // The write with token t is made at 0.3 t.
    const took = times.map(([write, at]) => at - 0.3 * write)
    expect(Math.max(...took)).toBeLessThanOrEqual(2.001)
    expect(Math.min(...took)).toBeGreaterThan(0.099)
  })
})
