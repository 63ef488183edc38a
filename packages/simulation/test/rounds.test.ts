import {
  clockRounds,
  countedRounds,
  messageCodec,
  roundDurationMs,
  type ChildDefinition,
  type ClockRounds,
  type ClockRoundsOptions,
  type CountedRounds,
  type CountedRoundsOptions,
  type MessageOf,
  type NodeId,
  type RoundIndication,
} from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { nodeIds, Simulation, type SimulationOptions } from '../src/index.js'
import { probe, type Probe } from './probe.js'

const codec = messageCodec({ mark: { from: 'string', round: 'uint' } })
type Mark = MessageOf<typeof codec>
type Rounds = ClockRounds<Mark> | CountedRounds<Mark>

const epochMs = 1_000_000_000_000
const members = nodeIds(4)

/** Nodes that mark every round with their name, until the last; what each received in each round is noted. */
class Course<R extends Rounds> {
  readonly simulation: Simulation<Probe>
  /** `n1 3`: who was heard by n1 in round 3. */
  readonly heard = new Map<string, readonly NodeId[]>()
  readonly rounds = new Map<NodeId, R>()

  constructor(
    definition: (listen: (indication: RoundIndication<Mark>) => void) => ChildDefinition<never, never, never>,
    last: number,
    options: Partial<SimulationOptions<Probe>> = {},
  ) {
    this.simulation = new Simulation<Probe>({
      seed: 1,
      nodes: members,
      links: { minDelayMs: 1, maxDelayMs: 10 },
      epochMs,
      traceLimit: 100_000,
      protocol: (id) =>
        probe({
          construct: ({ env }) => {
            const listen = (indication: RoundIndication<Mark>) => {
              if (indication.type === 'round-ended') this.#note(id, indication)
              else if (indication.round <= last) this.#mark(id, indication.round)
            }
            this.rounds.set(id, env.scope('rounds', definition(listen)) as unknown as R)
          },
        }) as never,
      ...options,
    })
  }

  run(untilMs: number): this {
    this.simulation.start()
    this.simulation.run(untilMs)
    return this
  }

  #mark(id: NodeId, round: number): void {
    const rounds = this.rounds.get(id) as R
    rounds.broadcast({ type: 'mark', from: id, round })
    // Only the first of a round counts.
    if (round === 1) rounds.broadcast({ type: 'mark', from: `${id} again`, round })
  }

  #note(
    id: NodeId,
    { round, messages }: { readonly round: number; readonly messages: ReadonlyMap<NodeId, Mark> },
  ): void {
    for (const [from, mark] of messages) expect(mark).toEqual({ type: 'mark', from, round })
    this.heard.set(`${id} ${round}`, [...messages.keys()].sort())
  }
}

describe('rounds by clock', () => {
  const course = (
    last: number,
    options: Partial<ClockRoundsOptions> = {},
    simulation: Partial<SimulationOptions<Probe>> = {},
  ) =>
    new Course<ClockRounds<Mark>>(
      (listen) =>
        clockRounds(
          codec,
          { members, startsAtMs: epochMs + 100, maxDelayMs: 12, rounds: last, ...options },
          listen,
        ) as never,
      last,
      simulation,
    )
  const late = (each: Course<ClockRounds<Mark>>) =>
    [...each.rounds.values()].reduce((sum, rounds) => sum + rounds.late, 0)

  it('let everybody hear everybody in every round, as long as delays and clocks keep their bounds', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const each = course(5, {}, { seed, clockBound: { wallErrorMs: 3, ratePpm: 200 } })
      const random = each.simulation.random.fork('clocks')
      for (const node of members) {
        const error = 2 * random.fraction() - 1
        each.simulation.apply({ type: 'clock', node, wallErrorMs: 3 * error, ratePpm: 200 * error })
      }
      each.run(1000)
      expect(each.heard.size).toBe(5 * 4)
      for (const heard of each.heard.values()) expect(heard).toEqual(members)
      expect(late(each)).toBe(0)
    }
  })

  it('begin at the time agreed on and last as long as the longest delay and twice the error of clocks', () => {
    expect(roundDurationMs(3, 12)).toBe(18)
    const each = course(2, {}, { clockBound: { wallErrorMs: 3, ratePpm: 0 } }).run(1000)
    const times = each.simulation.trace.flatMap((entry) =>
      entry.type === 'indication' && entry.node === 'n1'
        ? [`${Math.round(entry.at)} ${(entry.indication as { type: string }).type}`]
        : [],
    )
    expect(times).toEqual(['100 round-began', '118 round-ended', '118 round-began', '136 round-ended'])
  })

  it('count as late what comes when its round is over, and drop it', () => {
    const each = course(5, {}, { clockBound: { wallErrorMs: 0, ratePpm: 0 } })
    each.simulation.apply({ type: 'clock', node: 'n4', wallErrorMs: -8 })
    each.run(1000)
    // The clock of n4 is behind: its messages come late to the others, theirs to it are early and kept.
    expect((each.rounds.get('n1') as ClockRounds<Mark>).late).toBeGreaterThan(0)
    expect((each.rounds.get('n4') as ClockRounds<Mark>).late).toBe(0)
    for (let round = 1; round <= 5; round++) expect(each.heard.get(`n4 ${round}`)).toEqual(members)
    expect([...each.heard.values()].filter((heard) => !heard.includes('n4')).length).toBeGreaterThan(0)
  })

  it('go on without a node that starts after round 1 began', () => {
    const each = course(3)
    each.simulation.start(['n1', 'n2', 'n3'])
    each.simulation.run(105)
    each.simulation.start(['n4'])
    each.simulation.run(1000)
    for (const heard of each.heard.values()) expect(heard).toEqual(['n1', 'n2', 'n3'])
    expect([...each.heard.keys()].some((key) => key.startsWith('n4'))).toBe(false)
  })

  it('are waited for by a clock that is set back, and passed over by one that is set forward', () => {
    const each = course(3)
    each.simulation.at(106, () => each.simulation.apply({ type: 'clock', node: 'n1', wallErrorMs: -20 }))
    each.simulation.at(106, () => each.simulation.apply({ type: 'clock', node: 'n2', wallErrorMs: 20 }))
    each.run(1000)
    const endOfFirst = (node: NodeId) =>
      each.simulation.trace.find(
        (entry) =>
          entry.type === 'indication' &&
          entry.node === node &&
          (entry.indication as { type: string }).type === 'round-ended',
      )?.at
    expect(endOfFirst('n3')).toBeCloseTo(112, 3)
    expect(endOfFirst('n1')).toBeCloseTo(132, 3)
    // The timer was set by the monotonic clock: what the wall clock skipped is made up for at its end.
    expect(endOfFirst('n2')).toBeCloseTo(112, 3)
    expect(each.heard.size).toBe(12)
  })

  it('find what arrived while a node stood still, and are gone through one after the other', () => {
    const each = course(3)
    const others = ['n2', 'n3', 'n4']
    each.simulation.at(101, () => each.simulation.apply({ type: 'pause', node: 'n1' }))
    each.simulation.at(500, () => each.simulation.apply({ type: 'resume', node: 'n1' }))
    each.run(1000)
    for (const round of [1, 2, 3]) expect(each.heard.get(`n1 ${round}`)).toEqual(members)
    // It spoke in rounds that were over for the others.
    expect([each.heard.get('n2 2'), each.heard.get('n2 3')]).toEqual([others, others])
    expect(late(each)).toBeGreaterThan(0)
  })

  it('are refused on clocks that declare no bound', () => {
    const clockBound = { wallErrorMs: Infinity, ratePpm: 200 }
    expect(() => course(1, {}, { clockBound })).toThrow(expect.objectContaining({ code: 'QUORATE_CLOCK_UNBOUNDED' }))
  })

  it.each([{ rounds: 0 }, { startsAtMs: -1 }, { maxDelayMs: 0 }])('are refused %j', (options) => {
    expect(() => course(1, options)).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })

  it('are refused to a node that is no member', () => {
    expect(() => course(1, { members: ['n1', 'n2', 'n3'] })).toThrow(
      expect.objectContaining({ code: 'QUORATE_INVALID_MEMBERS' }),
    )
  })
})

describe('rounds by counting', () => {
  const course = (
    last: number,
    options: Partial<CountedRoundsOptions> = {},
    simulation: Partial<SimulationOptions<Probe>> = {},
  ) =>
    new Course<CountedRounds<Mark>>(
      (listen) => countedRounds(codec, { members, quorum: 3, repeatMs: 25, ...options }, listen) as never,
      last,
      simulation,
    )
  const roundOf = (each: Course<CountedRounds<Mark>>, id: NodeId) =>
    (each.simulation.inspect(id, 'rounds') as { round: number }).round

  it('end with a quorum, oneself included, whatever is lost, doubled and overtaken, and with as many down as may be', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const links = { minDelayMs: 1, maxDelayMs: 10, loss: 0.3, duplication: 0.3, straggling: 0.3 }
      const each = course(10, {}, { seed, links })
      each.simulation.at(40, () => each.simulation.apply({ type: 'crash', node: 'n4' }))
      each.run(20_000)
      for (const id of ['n1', 'n2', 'n3']) {
        for (let round = 1; round <= 10; round++) {
          const heard = each.heard.get(`${id} ${round}`)
          expect(heard?.length).toBeGreaterThanOrEqual(3)
          expect(heard).toContain(id)
        }
        expect(roundOf(each, id)).toBe(11)
      }
    }
  })

  it('fall silent when nobody has anything more to say', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const links = { minDelayMs: 1, maxDelayMs: 10, loss: 0.3, duplication: 0.5, straggling: 0.5 }
      const each = course(5, { quorum: 4 }, { seed, links }).run(10_000)
      expect(members.map((id) => roundOf(each, id))).toEqual([6, 6, 6, 6])
      const messages = () => each.simulation.trace.filter(({ type }) => type === 'send').length
      const sent = messages()
      each.simulation.run(20_000)
      expect(messages()).toBe(sent)
    }
  })

  it('wait for a quorum', () => {
    const each = course(5)
    for (const node of ['n3', 'n4']) each.simulation.at(0, () => each.simulation.apply({ type: 'crash', node }))
    each.run(5000)
    // What those two sent before they crashed is enough for round 1 only.
    expect(roundOf(each, 'n1')).toBeLessThanOrEqual(2)
  })

  it('do not end for a node that has not spoken', () => {
    let speak = () => {}
    const ended: number[] = []
    const simulation = new Simulation<Probe>({
      seed: 1,
      nodes: members,
      links: { minDelayMs: 1, maxDelayMs: 1 },
      protocol: (id) =>
        probe({
          construct: ({ env }) => {
            const rounds: CountedRounds<Mark> = env.scope(
              'rounds',
              countedRounds(codec, { members, quorum: 3, repeatMs: 25 }, ({ type, round }) => {
                const say = () => rounds.broadcast({ type: 'mark', from: id, round })
                if (id === 'n1' && type === 'round-ended') ended.push(round)
                else if (id === 'n1') speak = say
                else if (type === 'round-began' && round === 1) say()
              }),
            )
          },
        }) as never,
    })
    simulation.start()
    simulation.run(100)
    expect(simulation.inspect('n1', 'rounds')).toMatchObject({ round: 1, received: ['n2', 'n3', 'n4'] })
    simulation.request('n1', 'speak', () => speak())
    simulation.run(110)
    expect(ended).toEqual([1])
  })

  it('keep no more of what is ahead than their window', () => {
    const each = course(12, { window: 3 })
    // n4 hears of one other only and stays in round 1, while that one goes on with the others.
    each.simulation.apply({ type: 'cut', from: ['n2', 'n3'], to: ['n4'] })
    each.run(1000)
    expect(roundOf(each, 'n1')).toBe(13)
    expect(each.simulation.inspect('n4', 'rounds')).toMatchObject({ round: 1, roundsHeld: 4 })
  })

  it('bring a node level that was cut off for fewer rounds than are remembered', () => {
    const each = course(8, { window: 16 })
    each.simulation.apply({ type: 'cut', from: members, to: ['n4'] })
    each.run(1000)
    expect([roundOf(each, 'n1'), roundOf(each, 'n4')]).toEqual([9, 1])
    each.simulation.apply({ type: 'heal' })
    each.simulation.run(3000)
    expect(roundOf(each, 'n4')).toBe(9)
  })

  it('leave a node behind that was cut off for more', () => {
    const each = course(8, { window: 3 })
    each.simulation.apply({ type: 'cut', from: members, to: ['n4'] })
    each.run(1000)
    each.simulation.apply({ type: 'heal' })
    each.simulation.run(3000)
    expect([roundOf(each, 'n1'), roundOf(each, 'n4')]).toEqual([9, 1])
  })

  it.each([{ quorum: 0 }, { quorum: 5 }, { repeatMs: 0 }, { window: 0 }])('are refused %j', (options) => {
    expect(() => course(1, options)).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })
})

describe('a stranger', () => {
  it('is not heard in a round, whatever it sends', () => {
    // n3 is no member but runs rounds of its own, in which it takes itself for one.
    const insiders = ['n1', 'n2']
    const heard: NodeId[][] = []
    const simulation: Simulation<Probe> = new Simulation<Probe>({
      seed: 1,
      nodes: ['n1', 'n2', 'n3'],
      links: { minDelayMs: 1, maxDelayMs: 2 },
      protocol: (id) =>
        probe({
          construct: ({ env }) => {
            const listen = (indication: RoundIndication<Mark>) => {
              if (indication.type === 'round-began') {
                if (indication.round < 4) rounds.broadcast({ type: 'mark', from: id, round: indication.round })
              } else if (id !== 'n3') {
                heard.push([...indication.messages.keys()].sort())
              }
            }
            const own = id === 'n3' ? ['n1', 'n2', 'n3'] : insiders
            const rounds: CountedRounds<Mark> = env.scope(
              'rounds',
              countedRounds(codec, { members: own, quorum: 2, repeatMs: 5 }, listen),
            )
          },
        }) as never,
    })
    simulation.start()
    simulation.run(500)
    expect(heard).toEqual(Array.from({ length: 6 }, () => insiders))
  })
})
