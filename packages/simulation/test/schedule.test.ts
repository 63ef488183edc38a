import { seededRandom, type FaultKind, type NodeId } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { drawSchedule, nodeIds, Simulation, type FaultAction, type ScheduledFault } from '../src/index.js'
import { heal, strike, type Plan } from '../src/runs/run.js'
import { note, probe, type Probe } from './probe.js'

const everything: readonly FaultKind[] = [
  'crash-stop',
  'crash-recovery',
  'send-omission',
  'receive-omission',
  'loss',
  'duplication',
  'reordering',
  'corruption',
  'partition',
  'one-way-partition',
  'delay',
  'pause',
  'clock-skew',
  'clock-drift',
  'clock-jump',
  'failed-sync',
  'slow-disk',
  'full-disk',
  'bit-rot',
  'slow-process',
  'lost-write',
  'byzantine',
]
const clockBound = { wallErrorMs: 2, ratePpm: 200 }
const chaosMs = 1000

function draw(seed: number, faults: readonly FaultKind[], nodes = 5, maxFaulty = 2): readonly ScheduledFault[] {
  const random = seededRandom(seed)
  return drawSchedule({ ids: nodeIds(nodes), faults, maxFaulty, chaosMs, maxDelayMs: 10, clockBound, random })
}

const actions = <Type extends FaultAction['type']>(schedule: readonly ScheduledFault[], type: Type) =>
  schedule.flatMap(({ action }) => (action.type === type ? [action as Extract<FaultAction, { type: Type }>] : []))

/** Runs a schedule over nodes that write and talk all the time, and calls `look` after everything that happens. */
function struck(
  schedule: readonly ScheduledFault[],
  nodes: number,
  look: (simulation: Simulation<Probe>) => void = () => {},
) {
  const ids = nodeIds(nodes)
  const simulation: Simulation<Probe> = new Simulation<Probe>({
    seed: 1,
    nodes: ids,
    forge: (_, payload) => payload,
    protocol: () =>
      probe({
        start: ({ env }) => env.timer('speak', 5),
        timeout: (each) => {
          each.put('key', 'value')
          each.env.send(ids, note('hello'))
          each.env.timer('speak', 5)
        },
      }) as never,
  })
  strike(simulation, schedule)
  simulation.start()
  simulation.run(chaosMs, () => {
    look(simulation)
    return false
  })
  return simulation
}

describe('a drawn schedule', () => {
  it.each([
    [3, 1],
    [5, 2],
    [5, 4],
    [4, 4],
    [1, 1],
  ])('never has more than its share of %d nodes faulty at a time: %d', (nodes, maxFaulty) => {
    const omitting = new Set<NodeId>()
    let most = 0
    for (let seed = 1; seed <= 40; seed++) {
      const schedule = draw(seed, everything, nodes, maxFaulty)
      omitting.clear()
      for (const { atMs, action } of schedule) {
        if (action.type === 'omit' && atMs <= chaosMs) omitting.add(action.node)
      }
      const omits = new Map<NodeId, boolean>()
      const slow = new Map<NodeId, boolean>()
      const traitors = new Set<NodeId>()
      struck(schedule, nodes, (simulation) => {
        for (const { atMs, action } of schedule) {
          if (action.type === 'omit' && atMs <= simulation.now)
            omits.set(action.node, (action.sends ?? action.receives) !== undefined)
          if (action.type === 'slow' && atMs <= simulation.now) slow.set(action.node, action.stepMs !== undefined)
          if (action.type === 'byzantine' && atMs <= simulation.now) traitors.add(action.node)
        }
        const faulty = simulation.nodes.filter(
          (id) =>
            !simulation.isUp(id) ||
            simulation.isPaused(id) ||
            omits.get(id) === true ||
            slow.get(id) === true ||
            traitors.has(id),
        )
        most = Math.max(most, faulty.length)
      })
    }
    expect(most).toBe(maxFaulty)
  })

  it('holds, over many seeds, every fault that it is asked for, alone and with others', () => {
    const seen = new Set<string>()
    const kinds = new Set<string>()
    for (let seed = 1; seed <= 200; seed++) {
      const schedule = draw(seed, everything)
      kinds.add([...new Set(schedule.map(({ action }) => action.type))].sort().join())
      for (const { action } of schedule) seen.add(action.type)
    }
    const ofProcesses = ['crash', 'restart', 'spare', 'pause', 'resume', 'slow', 'omit', 'clock', 'byzantine']
    const ofDisks = ['disk', 'fail-sync', 'full-disk', 'bit-rot', 'lying-disk']
    expect([...seen].sort()).toEqual([...ofProcesses, ...ofDisks, 'cut', 'mend', 'links'].sort())
    expect(kinds.size).toBeGreaterThan(50)
  })

  it('holds nothing that it is not asked for', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const schedule = draw(seed, [])
      expect(new Set(schedule.map(({ action }) => action.type))).toEqual(new Set(['links', 'clock']))
      const [links] = actions(schedule, 'links')
      expect(links?.conditions).toMatchObject({
        maxDelayMs: 10,
        loss: 0,
        duplication: 0,
        straggling: 0,
        corruption: 0,
        ordered: true,
      })
      for (const { wallErrorMs, ratePpm } of actions(schedule, 'clock')) {
        expect(Math.abs(wallErrorMs as number)).toBeLessThanOrEqual(clockBound.wallErrorMs)
        expect(Math.abs(ratePpm as number)).toBeLessThanOrEqual(clockBound.ratePpm)
      }
    }
  })

  it.each(everything)('holds %s in some run when it is asked for', (fault) => {
    const shows: Record<string, (schedule: readonly ScheduledFault[]) => boolean> = {
      'crash-stop': (schedule) => actions(schedule, 'crash').some(({ forGood }) => forGood === true),
      'crash-recovery': (schedule) =>
        actions(schedule, 'crash').some(({ restartAfterMs }) => restartAfterMs !== undefined),
      'send-omission': (schedule) => actions(schedule, 'omit').some(({ sends }) => sends !== undefined),
      'receive-omission': (schedule) => actions(schedule, 'omit').some(({ receives }) => receives !== undefined),
      loss: (schedule) => actions(schedule, 'links').some(({ conditions }) => (conditions.loss as number) > 0),
      duplication: (schedule) =>
        actions(schedule, 'links').some(({ conditions }) => (conditions.duplication as number) > 0),
      reordering: (schedule) => actions(schedule, 'links').some(({ conditions }) => conditions.ordered === false),
      corruption: (schedule) =>
        actions(schedule, 'links').some(({ conditions }) => (conditions.corruption as number) > 0),
      partition: (schedule) => {
        const [one] = actions(schedule, 'cut')
        return one?.shape !== undefined && one.shape !== 'one-way'
      },
      'one-way-partition': (schedule) => actions(schedule, 'cut').some(({ shape }) => shape === 'one-way'),
      delay: (schedule) => actions(schedule, 'links').some(({ conditions }) => (conditions.straggling as number) > 0),
      pause: (schedule) => actions(schedule, 'pause').length > 0,
      'clock-skew': (schedule) => actions(schedule, 'clock').some(({ wallErrorMs = 0 }) => Math.abs(wallErrorMs) > 2),
      'clock-drift': (schedule) => actions(schedule, 'clock').some(({ ratePpm = 0 }) => Math.abs(ratePpm) > 200),
      'clock-jump': (schedule) => schedule.some(({ atMs, action }) => atMs > 0 && action.type === 'clock'),
      'failed-sync': (schedule) => actions(schedule, 'fail-sync').length > 0,
      'full-disk': (schedule) => actions(schedule, 'full-disk').some(({ full }) => full),
      'bit-rot': (schedule) => actions(schedule, 'bit-rot').length > 0,
      'slow-process': (schedule) => actions(schedule, 'slow').some(({ stepMs }) => stepMs !== undefined),
      'lost-write': (schedule) => actions(schedule, 'lying-disk').some(({ lies }) => lies),
      byzantine: (schedule) => actions(schedule, 'byzantine').length > 0,
      'slow-disk': (schedule) => actions(schedule, 'disk').some(({ syncMs = [0, 0] }) => syncMs[1] > 2),
    }
    const runs = Array.from({ length: 30 }, (_, seed) => draw(seed, [fault]))
    const shown = runs.filter((schedule) => shows[fault]?.(schedule))
    // Two of three runs have it switched on.
    expect(shown.length).toBeGreaterThan(10)
    expect(shown.length).toBeLessThan(30)
  })

  it('lets clocks without a declared bound, or with a wide one, run on', () => {
    for (const ratePpm of [Infinity, 500_000]) {
      const random = seededRandom(1)
      const options = { ids: nodeIds(5), maxFaulty: 0, chaosMs, maxDelayMs: 10, random }
      const faults: FaultKind[] = ['clock-drift', 'clock-skew', 'clock-jump']
      for (let count = 0; count < 50; count++) {
        for (const { ratePpm: drawn } of actions(
          drawSchedule({ ...options, faults, clockBound: { wallErrorMs: Infinity, ratePpm } }),
          'clock',
        )) {
          expect(drawn ?? 0).toBeGreaterThanOrEqual(-900_000)
          expect(Number.isFinite(drawn ?? 0)).toBe(true)
        }
      }
    }
  })

  it('is sorted by time and within its time', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const times = draw(seed, everything).map(({ atMs }) => atMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times[0]).toBe(0)
      expect(times.at(-1)).toBeLessThanOrEqual(chaosMs)
    }
  })

  it('lets crashes tear what is written, or leave it to the operating system, only when writes may be torn', () => {
    const losses = (faults: readonly FaultKind[]) => {
      const runs = Array.from({ length: 100 }, (_, seed) => actions(draw(seed, faults), 'crash')).flat()
      return [runs.filter(({ torn }) => torn === true).length, runs.filter(({ cached }) => cached === true).length]
    }
    expect(losses(['crash-recovery'])).toEqual([0, 0])
    for (const count of losses(['crash-recovery', 'torn-write'])) expect(count).toBeGreaterThan(20)
  })

  it('strikes in the midst of broadcasts', () => {
    let armed = 0
    let all = 0
    for (let seed = 1; seed <= 100; seed++) {
      const crashes = actions(draw(seed, ['crash-stop', 'crash-recovery']), 'crash')
      all += crashes.length
      armed += crashes.filter(({ afterSends }) => afterSends !== undefined).length
    }
    expect(armed / all).toBeGreaterThan(0.6)
    expect(armed / all).toBeLessThan(0.9)
  })
})

describe('the beginning of a run', () => {
  it('has links and clocks as its schedule says before any node starts', () => {
    const seen: unknown[] = []
    const simulation: Simulation<Probe> = new Simulation<Probe>({
      seed: 1,
      nodes: nodeIds(2),
      protocol: () =>
        probe({
          start: ({ env }) => {
            seen.push(env.clock.wall())
            env.send('n2', note('hello'))
          },
        }) as never,
    })
    strike(simulation, [
      { atMs: 0, action: { type: 'clock', node: 'n1', wallErrorMs: 7 } },
      { atMs: 0, action: { type: 'cut', from: ['n1'], to: ['n2'] } },
      { atMs: 0, action: { type: 'crash', node: 'n2' } },
    ])
    simulation.start()
    simulation.run(10)
    expect(seen).toEqual([1_000_000_000_007, 1_000_000_000_000])
    expect([simulation.live, simulation.inspect('n1')]).toEqual([['n1'], { heard: [] }])
  })
})

describe('the end of faults', () => {
  const plan = (faults: readonly FaultKind[]): Plan => ({
    ids: nodeIds(5),
    seed: 1,
    maxFaulty: 2,
    faults,
    schedule: undefined,
    requests: undefined,
    huntLeaders: undefined,
    maxDelayMs: 10,
    chaosMs,
    clockBound,
    stores: undefined,
    latency: undefined,
    traceLimit: 0,
    command: '',
  })
  const healed = (schedule: readonly ScheduledFault[], faults: readonly FaultKind[]) => {
    const simulation = struck(schedule, 5)
    const core = heal(simulation, plan(faults), schedule)
    return { simulation, core, live: core.filter((id) => simulation.isUp(id)) }
  }

  it('leaves nobody of the core paused, cut off, slow or about to crash, and links within their bounds', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const schedule = draw(seed, everything)
      const { simulation, live } = healed(schedule, everything)
      expect(live.filter((id) => simulation.isPaused(id))).toEqual([])
      expect(live.every((id) => live.every((other) => simulation.connected(id, other)))).toBe(true)
      expect(simulation.network.conditions).toMatchObject({
        maxDelayMs: 10,
        loss: 0,
        duplication: 0,
        straggling: 0,
        corruption: 0,
      })
      simulation.request(live[0] as string, 'speak', ({ env }) => env.send(live, note('after')))
      simulation.run(simulation.now + 25)
      const heard = (id: NodeId) => (simulation.inspect(id) as { heard: string[] }).heard
      expect(live.filter((id) => heard(id).includes(`after from ${live[0]}`))).toEqual(live)
      expect(live.filter((id) => simulation.isUp(id))).toEqual(live)
    }
  })

  it('leaves a random core of at least all but maxFaulty nodes, often fewer than all, and sometimes all', () => {
    const sizes = Array.from({ length: 100 }, (_, seed) => {
      return healed(draw(seed, ['crash-recovery', 'pause', 'partition', 'one-way-partition']), ['crash-recovery']).live
        .length
    })
    expect([...new Set(sizes)].sort((a, b) => a - b)).toEqual([3, 4, 5])
    for (const size of [3, 4, 5]) expect(sizes.filter((each) => each === size).length).toBeGreaterThan(15)
  })

  it('leaves those behind who are down, paused or cut off for good, and trusts no Byzantine node', () => {
    const others = ['n1', 'n2', 'n3', 'n5']
    const schedule: ScheduledFault[] = [
      { atMs: 10, action: { type: 'crash', node: 'n2', restartAfterMs: chaosMs } },
      { atMs: 20, action: { type: 'byzantine', node: 'n3', silent: 1 } },
      { atMs: chaosMs, action: { type: 'pause', node: 'n1', forGood: true } },
      { atMs: chaosMs, action: { type: 'crash', node: 'n2', forGood: true } },
      { atMs: chaosMs, action: { type: 'cut', from: ['n4'], to: others, forGood: 'n4' } },
    ]
    const { simulation, core } = healed(schedule, ['crash-recovery', 'delay'])
    expect(core).toEqual(['n5'])
    simulation.run(simulation.now + 2 * chaosMs)
    expect([simulation.isPaused('n1'), simulation.isUp('n2')]).toEqual([true, false])
    expect([simulation.connected('n4', 'n5'), simulation.connected('n5', 'n4')]).toEqual([false, true])
  })

  it('leaves nobody behind by what has not struck: a crash that waits for its occasion, a pause of who was down', () => {
    const schedule: ScheduledFault[] = [
      { atMs: 10, action: { type: 'crash', node: 'n1', afterSends: 1_000_000, forGood: true } },
      { atMs: 10, action: { type: 'crash', node: 'n2', restartAfterMs: 20 } },
      { atMs: 20, action: { type: 'pause', node: 'n2', forGood: true } },
    ]
    expect(healed(schedule, ['crash-recovery']).core).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'])
  })

  it('brings everybody back but those who crashed for good', () => {
    const schedule: ScheduledFault[] = [
      { atMs: 10, action: { type: 'crash', node: 'n1', forGood: true } },
      { atMs: 10, action: { type: 'crash', node: 'n2', restartAfterMs: 5000 } },
      { atMs: 10, action: { type: 'crash', node: 'n3' } },
    ]
    expect(healed(schedule, ['crash-stop', 'crash-recovery']).live).toEqual(['n2', 'n3', 'n4', 'n5'])
    expect(healed(schedule, ['crash-stop']).live).toEqual(['n4', 'n5'])
  })
})
