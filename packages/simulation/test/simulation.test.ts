import { AT_ONCE } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { nodeIds, Simulation, type ScheduledFault, type TraceEntry } from '../src/index.js'
import { note, probe, probes, type Probe, type Script } from './probe.js'

/** Everybody tells everybody something every 10 ms or so, and remembers how much it has heard. */
const chatter: Script = {
  start: ({ env }) => env.timer('speak', 10 * env.random.fraction()),
  timeout: (each) => {
    each.env.send(['n1', 'n2', 'n3'], note(`${each.heard.length}`))
    each.env.timer('speak', 5 + 10 * each.env.random.fraction())
  },
  receive: (each) => {
    each.put('heard', `${each.heard.length}`)
    each.env.indicate(`heard ${each.heard.length}`)
  },
}

const storm: readonly ScheduledFault[] = [
  {
    atMs: 0,
    action: { type: 'links', conditions: { loss: 0.1, duplication: 0.1, straggling: 0.1, corruption: 0.01 } },
  },
  { atMs: 50, action: { type: 'crash', node: 'n1', afterSends: 1, restartAfterMs: 30 } },
  { atMs: 100, action: { type: 'pause', node: 'n2' } },
  { atMs: 150, action: { type: 'resume', node: 'n2' } },
  { atMs: 200, action: { type: 'cut', from: ['n1'], to: ['n2', 'n3'] } },
  { atMs: 250, action: { type: 'clock', node: 'n3', wallErrorMs: 100, ratePpm: 50_000 } },
  { atMs: 300, action: { type: 'heal' } },
  { atMs: 350, action: { type: 'crash', node: 'n3', survivors: 1 } },
  { atMs: 351, action: { type: 'restart', node: 'n3' } },
]

function stormy(seed: number, traceLimit = 0): Simulation<Probe> {
  const simulation = probes(3, chatter, {
    seed,
    traceLimit,
    links: { minDelayMs: 0.1, maxDelayMs: 5 },
    syncMs: [0.1, 2],
  })
  for (const { atMs, action } of storm) simulation.at(atMs, () => simulation.apply(action))
  simulation.run(1000)
  return simulation
}

describe('a seed', () => {
  it('is a run: the same again, event by event', () => {
    const [one, other] = [stormy(7, 100_000), stormy(7, 100_000)]
    expect(one.events).toBeGreaterThan(500)
    expect(other.trace).toEqual(one.trace)
    expect([other.hash, other.events, other.now]).toEqual([one.hash, one.events, one.now])
  })

  it('is another run than any other seed', () => {
    const hashes = Array.from({ length: 50 }, (_, seed) => stormy(seed).hash)
    expect(new Set(hashes).size).toBe(50)
  })

  it('gives the same run whether its trace is kept or not, all at once or in small portions', () => {
    const piecemeal = probes(3, chatter, { seed: 7, links: { minDelayMs: 0.1, maxDelayMs: 5 }, syncMs: [0.1, 2] })
    for (const { atMs, action } of storm) piecemeal.at(atMs, () => piecemeal.apply(action))
    for (let atMs = 0; atMs <= 1000; atMs += 3.7) piecemeal.run(atMs)
    piecemeal.run(1000)
    expect(piecemeal.hash).toBe(stormy(7).hash)
  })

  it.each([-1, 0.5, Number.NaN])('is refused when it is %d', (seed) => {
    expect(() => probes(1, {}, { seed })).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })
})

describe('the hash of a run', () => {
  const hash = (act: (simulation: Simulation<Probe>) => void): string => {
    const simulation = probes(3, { receive: ({ env }) => env.indicate('heard') })
    act(simulation)
    simulation.run(100)
    return simulation.hash
  }
  const tell = (text: string) => (simulation: Simulation<Probe>) =>
    simulation.request('n1', 'tell', ({ env }) => env.send('n2', note(text)))

  const tellBy = (name: string) => (simulation: Simulation<Probe>) =>
    simulation.request('n1', 'tell', ({ env }) => env.scope(name, probe({})).env.send('n2', note('a')))

  it('differs with every kind of thing that happens', () => {
    const runs: ((simulation: Simulation<Probe>) => void)[] = [
      () => {},
      tell('a'),
      tell('b'),
      tellBy('one'),
      tellBy('other'),
      (simulation) => simulation.at(1, () => tell('a')(simulation)),
      (simulation) => simulation.request('n1', 'tell', ({ env }) => env.send('n3', note('a'))),
      (simulation) => simulation.request('n1', 'say', ({ env }) => env.send('n2', note('a'))),
      (simulation) => simulation.request('n1', 'nothing', () => {}),
      (simulation) => simulation.request('n2', 'nothing', () => {}),
      (simulation) => simulation.request('n1', 'nothing', ({ env }) => env.timer('a', 1)),
      (simulation) => simulation.request('n1', 'nothing', ({ env }) => env.timer('b', 1)),
      (simulation) => simulation.request('n1', 'nothing', ({ env }) => env.timer('b', 2)),
      (simulation) => simulation.request('n1', 'nothing', (each) => void each.put('key', 'value')),
      (simulation) => simulation.request('n1', 'nothing', ({ env }) => env.indicate('a')),
      (simulation) => simulation.request('n1', 'nothing', ({ env }) => env.send('stranger', note('a'))),
      (simulation) => simulation.peerEvent('n1', { type: 'connected', peer: { id: 'n2', incarnation: 1 } }),
      (simulation) => simulation.apply({ type: 'pause', node: 'n1' }),
      (simulation) => simulation.apply({ type: 'pause', node: 'n2' }),
      (simulation) => simulation.apply({ type: 'crash', node: 'n1' }),
    ]
    expect(new Set(runs.map(hash)).size).toBe(runs.length)
  })
})

describe('the trace', () => {
  it('keeps the newest entries, as many as it is told', () => {
    const all = stormy(7, 100_000).trace
    for (const limit of [1, 10, 1000]) expect(stormy(7, limit).trace).toEqual(all.slice(-limit))
    expect(stormy(7, 0).trace).toEqual([])
  })

  it('tells causes before effects', () => {
    const simulation = probes(
      2,
      {
        timeout: (each) => each.env.send('n2', note('a')),
        receive: (each) => {
          each.put('key', 'value')
          each.env.indicate('b')
        },
      },
      { traceLimit: 100 },
    )
    simulation.request('n1', 'begin', ({ env }) => env.timer('t', 1))
    simulation.run(10)
    const told = (entry: TraceEntry) => `${entry.at} ${entry.type}`
    expect(simulation.trace.map(told)).toEqual([
      '0 start',
      '0 start',
      '0 request',
      '1 timeout',
      '1 send',
      '2 deliver',
      '3 durable',
      '3 indication',
    ])
  })
})

describe('an incarnation', () => {
  it('rises with every life, and each life draws its own randomness', () => {
    const lives: string[] = []
    const simulation = probes(1, {
      start: ({ env }) => lives.push(`${env.self.incarnation} ${env.random.fraction()}`),
    })
    for (let count = 0; count < 3; count++) {
      simulation.apply({ type: 'crash', node: 'n1' })
      simulation.apply({ type: 'restart', node: 'n1' })
    }
    expect(lives.map((life) => life.split(' ')[0])).toEqual(['1', '2', '3', '4'])
    expect(new Set(lives.map((life) => life.split(' ')[1])).size).toBe(4)
  })

  it('is constructed when it starts, by the clock of that time', () => {
    const constructedAt: number[] = []
    const simulation = probes(1, { construct: ({ env }) => constructedAt.push(env.clock.now()) })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.run(200)
    simulation.inspect('n1') // what it would recover, if it started now
    simulation.run(500)
    simulation.apply({ type: 'restart', node: 'n1' })
    expect(constructedAt).toEqual([0, 200, 500])
  })

  it('does not receive what an earlier one sent to itself, but what others sent to the earlier', () => {
    const simulation = probes(2, {})
    simulation.request('n1', 'tell', ({ env }) => env.send('n1', note('to myself')))
    simulation.request('n2', 'tell', ({ env }) => env.send('n1', note('to you')))
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'restart', node: 'n1' })
    simulation.run(10)
    expect(simulation.inspect('n1')).toEqual({ heard: ['to you from n2'] })
  })
})

describe('a node that is down', () => {
  it('is inspected as what it would recover', () => {
    const simulation = probes(1, { construct: (each) => each.heard.push(each.get('key') ?? 'nothing') })
    simulation.request('n1', 'write', (each) => void each.put('key', 'kept'))
    simulation.run(10)
    simulation.request('n1', 'write', (each) => void each.put('key', 'lost'))
    expect(simulation.inspect('n1')).toEqual({ heard: ['nothing'] })
    simulation.apply({ type: 'crash', node: 'n1' })
    expect(simulation.inspect('n1')).toEqual({ heard: ['kept'] })
    expect([simulation.live, simulation.isUp('n1')]).toEqual([[], false])
  })

  it('takes no request, no message, no news of peers, and no second crash', () => {
    const simulation = probes(2, {}, { traceLimit: 100 })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.request('n1', 'tell', ({ env }) => env.send('n2', note('a')))
    simulation.request('n2', 'tell', ({ env }) => env.send('n1', note('b')))
    simulation.peerEvent('n1', { type: 'connected', peer: { id: 'n2', incarnation: 1 } })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.run(10)
    expect(simulation.incarnation('n1').incarnation).toBe(2)
    expect(simulation.inspect('n2')).toEqual({ heard: [] })
    expect(simulation.trace.at(-1)).toMatchObject({ type: 'lose', to: 'n1' })
  })
})

describe('whoever drives a simulation', () => {
  it.each<[string, (simulation: Simulation<Probe>) => void]>([
    ['a request', (simulation) => simulation.request('n1', 'nested', () => {})],
    ['a fault', (simulation) => simulation.apply({ type: 'crash', node: 'n1' })],
    [
      'news of a peer',
      (simulation) => simulation.peerEvent('n1', { type: 'connected', peer: { id: 'n1', incarnation: 1 } }),
    ],
    ['more running', (simulation) => simulation.run(100)],
  ])('is refused %s from within a step', (_, act) => {
    const simulation: Simulation<Probe> = probes(2, {}, { onIndication: () => act(simulation) })
    expect(() => simulation.request('n2', 'indicate', ({ env }) => env.indicate('now'))).toThrow(
      expect.objectContaining({ code: 'QUORATE_WITHIN_STEP' }),
    )
  })

  it('may act after each step and each crash, at times of its own, and when a node starts', () => {
    const told: string[] = []
    const simulation: Simulation<Probe> = new Simulation<Probe>({
      seed: 1,
      nodes: ['n1'],
      protocol: () => probe({}) as never,
      afterStep: (id) => told.push(`${id} stepped`),
      onStart: (id) => {
        told.push(`${id} started`)
        simulation.request(id, 'greet', () => told.push('greeted'))
      },
      onFault: ({ type }) => told.push(`about to ${type}`),
    })
    simulation.start()
    told.length = 0
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.at(5, () => simulation.apply({ type: 'restart', node: 'n1' }))
    simulation.run(10)
    expect(told).toEqual([
      'about to crash',
      'n1 stepped',
      'about to restart',
      'n1 stepped',
      'n1 started',
      'greeted',
      'n1 stepped',
    ])
  })

  it('goes on after a request that was refused', () => {
    const simulation = probes(1, {})
    const refused = () =>
      simulation.request('n1', 'refused', () => {
        throw new RangeError('no')
      })
    expect(refused).toThrow('no')
    simulation.request('n1', 'taken', ({ heard }) => heard.push('taken'))
    expect(simulation.inspect('n1')).toEqual({ heard: ['taken'] })
  })

  it('stops where it says it is done, and comes to the time it names otherwise', () => {
    const simulation = probes(1, { start: ({ env }) => env.timer('t', 5) })
    expect(simulation.run(10, () => (simulation.inspect('n1') as { heard: string[] }).heard.length > 0)).toBe(true)
    expect(simulation.now).toBe(5)
    expect(simulation.run(10, () => false)).toBe(false)
    expect(simulation.now).toBe(10)
  })

  it.each<[string, () => unknown]>([
    ['an unknown node', () => probes(1, {}).inspect('n7')],
    ['a probability of 2', () => probes(1, {}, { links: { loss: 2 } })],
    ['a longest delay below the shortest', () => probes(1, {}, { links: { minDelayMs: 2, maxDelayMs: 1 } })],
    ['a longest sync below the shortest', () => probes(1, {}, { syncMs: [2, 1] })],
    ['a clock that stands still', () => probes(1, {}).apply({ type: 'clock', node: 'n1', ratePpm: -1_000_000 })],
  ])('is refused %s', (_, act) => {
    expect(act).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })

  it('is refused two nodes of one name', () => {
    const protocol = () => probe({}) as never
    expect(() => new Simulation({ seed: 1, nodes: ['a', 'a'], protocol })).toThrow(
      expect.objectContaining({ code: 'QUORATE_INVALID_MEMBERS' }),
    )
  })

  it('learns of messages to nodes that nobody knows, which are dropped', () => {
    const simulation = probes(1, { start: ({ env }) => env.send('stranger', note('a')) }, { traceLimit: 10 })
    expect(simulation.trace.at(-1)).toMatchObject({
      type: 'report',
      report: { type: 'unknown-node', to: 'stranger', channel: '' },
    })
  })

  it('learns of a protocol that writes in its constructor', () => {
    expect(() => probes(1, { construct: (each) => void each.put('key', 'value') })).toThrow(
      expect.objectContaining({ code: 'QUORATE_NOT_STARTED' }),
    )
  })
})

describe('a step', () => {
  it('sees one time from its beginning to its end', () => {
    const times: number[] = []
    const simulation = probes(1, {
      timeout: ({ env }) => {
        for (let count = 0; count < 3; count++) times.push(env.clock.now(), env.clock.wall() - 1_000_000_000_000)
      },
      start: ({ env }) => env.timer('t', 7),
    })
    simulation.run(10)
    expect(times).toEqual([7, 7, 7, 7, 7, 7])
  })

  it('receives what a node sends to itself later, exactly once, also when links lose and double everything', () => {
    const order: string[] = []
    const simulation = probes(
      1,
      { receive: (_, __, text) => order.push(text) },
      { links: { loss: 1, duplication: 1, corruption: 1 } },
    )
    simulation.request('n1', 'tell', ({ env }) => {
      env.send('n1', note('a'))
      order.push('end of the step')
    })
    simulation.run(10)
    expect(order).toEqual(['end of the step', 'a'])
  })

  it('may say at once what need not wait', () => {
    const simulation = probes(2, {})
    simulation.request('n1', 'both', (each) => {
      each.put('key', 'value')
      each.env.send('n2', note('waits'))
      each.env.send('n2', note('hurries'), AT_ONCE)
    })
    simulation.run(10)
    expect(simulation.inspect('n2')).toEqual({ heard: ['hurries from n1', 'waits from n1'] })
  })
})

describe('nodeIds', () => {
  it('makes ids that sort as they are numbered', () => {
    expect(nodeIds(3)).toEqual(['n1', 'n2', 'n3'])
    expect(nodeIds(10)).toEqual(['n01', 'n02', 'n03', 'n04', 'n05', 'n06', 'n07', 'n08', 'n09', 'n10'])
    expect([...nodeIds(64)].sort()).toEqual(nodeIds(64))
  })
})
