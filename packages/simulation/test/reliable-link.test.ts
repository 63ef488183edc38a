import { isQuorateError, limits, reliableLink, type ReliableLink, type ReliableLinkOptions } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { Simulation, type LinkConditions } from '../src/index.js'
import { bytesOf, probe, textOf, type Probe } from './probe.js'

/** Two nodes with a link between them. What arrives at n2 is noted for each of its lives, without the life's number as `n2 1`. */
class Pair {
  readonly delivered = new Map<string, string[]>()
  readonly simulation: Simulation<Probe>
  readonly #links = new Map<string, ReliableLink>()

  /** `options` are those of n1, and of n2 unless it has its own. */
  constructor(
    seed: number,
    links: Partial<LinkConditions>,
    options: Partial<ReliableLinkOptions> = {},
    others: Partial<ReliableLinkOptions> = options,
  ) {
    this.simulation = new Simulation<Probe>({
      seed,
      nodes: ['n1', 'n2'],
      links: { minDelayMs: 1, maxDelayMs: 5, ...links },
      traceLimit: 100_000,
      protocol: (id) =>
        probe({
          construct: ({ env }) => {
            const life = `${id} ${env.self.incarnation}`
            const listen = ({ payload }: { readonly payload: Uint8Array }) => {
              const texts = this.delivered.get(life) ?? []
              this.delivered.set(life, [...texts, textOf(payload)])
            }
            this.#links.set(
              id,
              env.scope('link', reliableLink({ retransmitMs: 20, ...(id === 'n1' ? options : others) }, listen)),
            )
          },
        }) as never,
    })
    this.simulation.start()
  }

  send(...texts: string[]): boolean[] {
    const taken: boolean[] = []
    this.simulation.request('n1', 'send', () => {
      for (const text of texts) taken.push(this.link.send('n2', bytesOf(text)))
    })
    return taken
  }

  get link(): ReliableLink {
    return this.#links.get('n1') as ReliableLink
  }

  /** What the lives of n2 received, one after the other. */
  get lives(): readonly string[][] {
    return [...this.delivered].filter(([life]) => life.startsWith('n2')).map(([, texts]) => texts)
  }
}

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`)

describe('a reliable link', () => {
  it('delivers everything once and in order, however much is lost, doubled and overtaken', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const pair = new Pair(seed, { loss: 0.4, duplication: 0.4, straggling: 0.3 })
      for (let from = 1; from <= 100; from += 20) {
        pair.send(...numbered(from, from + 19))
        pair.simulation.run(pair.simulation.now + 15)
      }
      pair.simulation.run(5000)
      expect(pair.lives).toEqual([numbered(1, 100)])
      expect(pair.simulation.inspect('n2', 'link')).toMatchObject({ incoming: [{ next: 101, early: [] }] })
    }
  })

  it('sends nothing more once everything is acknowledged', () => {
    const pair = new Pair(1, { loss: 0.2 })
    pair.send(...numbered(1, 50))
    pair.simulation.run(2000)
    const messages = () => pair.simulation.trace.filter(({ type }) => type === 'send').length
    const sent = messages()
    pair.simulation.run(10_000)
    expect([pair.lives[0]?.length, messages()]).toEqual([50, sent])
  })

  it('sends what was lost again while new messages keep coming', () => {
    const pair = new Pair(1, { ordered: true })
    pair.simulation.apply({ type: 'cut', from: ['n1'], to: ['n2'] })
    pair.send('1')
    pair.simulation.apply({ type: 'heal' })
    for (let number = 2; number <= 100; number++) {
      pair.simulation.run(number)
      pair.send(`${number}`)
    }
    // The first is sent again after 20 ms and takes at most 5.
    pair.simulation.run(100)
    expect(pair.lives[0]?.length).toBeGreaterThan(90)
  })

  it('refuses more than its window until some of it is acknowledged', () => {
    const pair = new Pair(1, {}, { maxUnacknowledged: 3 })
    expect(pair.send('1', '2', '3', '4')).toEqual([true, true, true, false])
    expect(pair.send('4')).toEqual([false])
    pair.simulation.run(100)
    expect(pair.send('4')).toEqual([true])
    pair.simulation.run(200)
    expect(pair.lives).toEqual([['1', '2', '3', '4']])
  })

  it('keeps no more for later than its own window, and delivers everything all the same', () => {
    const pair = new Pair(1, { ordered: true }, {}, { maxUnacknowledged: 5 })
    pair.simulation.apply({ type: 'cut', from: ['n1'], to: ['n2'] })
    pair.send('1')
    pair.simulation.apply({ type: 'heal' })
    pair.send(...numbered(2, 50))
    pair.simulation.run(15)
    expect(pair.simulation.inspect('n2', 'link')).toMatchObject({ incoming: [{ next: 1, early: [2, 3, 4, 5] }] })
    pair.simulation.run(2000)
    expect(pair.lives).toEqual([numbered(1, 50)])
  })

  it("goes on where its peer's new life can: each message reaches some life, and each life an ascending order", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const pair = new Pair(seed, { loss: 0.3, duplication: 0.3, straggling: 0.3 })
      for (let number = 1; number <= 60; number++) {
        pair.send(`${number}`)
        pair.simulation.run(pair.simulation.now + 4)
        if (number % 20 !== 0) continue
        pair.simulation.apply({ type: 'crash', node: 'n2' })
        pair.simulation.apply({ type: 'restart', node: 'n2' })
      }
      pair.simulation.run(10_000)
      for (const life of pair.lives) expect(life.map(Number)).toEqual([...life.map(Number)].sort((a, b) => a - b))
      for (const life of pair.lives) expect(new Set(life).size).toBe(life.length)
      expect(new Set(pair.lives.flat())).toEqual(new Set(numbered(1, 60)))
    }
  })

  it('delivers what its own new life sends, and nothing of the former behind it', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const pair = new Pair(seed, { loss: 0.3, duplication: 0.3, straggling: 0.5 })
      pair.send('old 1', 'old 2', 'old 3')
      pair.simulation.run(3)
      pair.simulation.apply({ type: 'crash', node: 'n1' })
      pair.simulation.apply({ type: 'restart', node: 'n1' })
      pair.send('new 1', 'new 2', 'new 3')
      pair.simulation.run(5000)
      const [life] = pair.lives as [string[]]
      const firstNew = life.indexOf('new 1')
      expect(life.slice(firstNew)).toEqual(['new 1', 'new 2', 'new 3'])
      expect(life.slice(0, firstNew)).toEqual(['old 1', 'old 2', 'old 3'].slice(0, firstNew))
    }
  })

  it('that has given up on a peer delivers what it sends later', () => {
    const pair = new Pair(1, { ordered: true })
    pair.send('1', '2')
    pair.simulation.run(100)
    pair.simulation.apply({ type: 'cut', from: ['n1'], to: ['n2'] })
    pair.send('3')
    pair.simulation.apply({ type: 'heal' })
    pair.send('4', '5')
    pair.simulation.run(110)
    expect(pair.simulation.inspect('n2', 'link')).toMatchObject({ incoming: [{ next: 3, early: [4, 5] }] })
    pair.simulation.request('n1', 'forget', () => pair.link.forget('n2'))
    pair.send('6', '7')
    pair.simulation.run(400)
    expect(pair.lives).toEqual([['1', '2', '6', '7']])
    expect(pair.link.inspect()).toMatchObject({ outgoing: [{ to: 'n2', unacknowledged: 0 }] })
    expect(pair.simulation.inspect('n2', 'link')).toMatchObject({ incoming: [{ next: 8, early: [] }] })
    pair.simulation.request('n1', 'forget', () => pair.link.forget('nobody'))
  })

  it('tells what is on its way', () => {
    const pair = new Pair(1, {})
    pair.send('1', '2')
    expect(pair.link.inspect()).toEqual({ outgoing: [{ to: 'n2', floor: 1, unacknowledged: 2 }], incoming: [] })
    pair.simulation.run(100)
    expect(pair.simulation.inspect('n2', 'link')).toEqual({
      outgoing: [],
      incoming: [{ from: 'n1', incarnation: 1, next: 3, early: [] }],
    })
  })

  it('refuses what no message can carry, and carries the most that one can', () => {
    const pair = new Pair(1, {})
    const send = (bytes: number) =>
      pair.simulation.request('n1', 'send', () => pair.link.send('n2', new Uint8Array(bytes)))
    const most = limits.maxMessageBytes - 64
    let refused: unknown
    try {
      send(most + 1)
    } catch (error) {
      refused = error
    }
    expect(isQuorateError(refused, 'QUORATE_MESSAGE_TOO_LARGE')).toBe(true)
    send(most)
    pair.simulation.run(100)
    expect(pair.lives[0]?.map(({ length }) => length)).toEqual([most])
    expect(pair.simulation.trace.some(({ type }) => type === 'report')).toBe(false)
  })

  it.each([{ retransmitMs: 0 }, { maxUnacknowledged: 0 }, { maxUnacknowledged: 0.5 }])('is refused %j', (options) => {
    expect(() => new Pair(1, {}, options)).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })
})
