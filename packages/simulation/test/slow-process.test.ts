import { describe, expect, it } from 'vitest'
import type { Simulation } from '../src/index.js'
import { note, probes, type Probe } from './probe.js'

/** When each thing that the slow node was told of was begun. */
function slow(
  stepMs: readonly [number, number],
  then: (simulation: Simulation<Probe>, log: string[]) => void,
): string[] {
  const log: string[] = []
  const simulation: Simulation<Probe> = probes(2, {
    receive: ({ env }, _, text) => {
      if (env.self.id === 'n2') log.push(`${text} ${simulation.now}`)
    },
    timeout: (_, name) => log.push(`timeout ${name} ${simulation.now}`),
    written: ({ env }) => {
      if (env.self.id === 'n2') log.push(`written ${simulation.now}`)
    },
  })
  simulation.apply({ type: 'slow', node: 'n2', stepMs })
  then(simulation, log)
  simulation.run(1000)
  return log
}

const say = (simulation: Simulation<Probe>, ...texts: readonly string[]) =>
  simulation.request('n1', 'say', ({ env }) => {
    for (const text of texts) env.send('n2', note(text))
  })

describe('a slow process', () => {
  it('does one thing after the other, each for its time, in the order in which they happened', () => {
    const begun = slow([10, 10], (simulation, log) => {
      simulation.request('n2', 'set', ({ env }) => env.timer('t', 5))
      say(simulation, 'a', 'b')
      simulation.at(7, () => say(simulation, 'c'))
      simulation.at(7.5, () => simulation.request('n2', 'ask', () => log.push(`asked ${simulation.now}`)))
    })
    expect(begun).toEqual(['a 10', 'b 20', 'timeout t 30', 'asked 40', 'c 50'])
  })

  it('also learns late that its writes are durable', () => {
    expect(slow([10, 10], (simulation) => simulation.request('n2', 'put', (each) => void each.put('a', 'b')))).toEqual([
      'written 10',
    ])
  })

  it('takes a time from its range for each step', () => {
    const log = slow([1, 9], (simulation) => say(simulation, ...Array.from({ length: 20 }, (_, place) => `m${place}`)))
    const times = log.map((entry) => Number(entry.split(' ')[1]))
    const steps = times.slice(1).map((time, index) => time - (times[index] as number))
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...steps)).toBeLessThanOrEqual(9)
    expect(new Set(steps).size).toBe(19)
  })

  it('works off at once what has piled up when it is slow no more', () => {
    const log = slow([10, 10], (simulation) => {
      say(simulation, 'a', 'b', 'c')
      simulation.at(15, () => simulation.apply({ type: 'slow', node: 'n2' }))
    })
    expect(log).toEqual(['a 1', 'b 11', 'c 15'])
  })

  it('stands still when it is paused, and goes on as slow as before', () => {
    const log = slow([10, 10], (simulation) => {
      say(simulation, 'a', 'b', 'c')
      simulation.at(5, () => simulation.apply({ type: 'pause', node: 'n2' }))
      simulation.at(50, () => simulation.apply({ type: 'resume', node: 'n2' }))
    })
    expect(log).toEqual(['a 1', 'b 50', 'c 60'])
  })

  it('forgets with a crash what it had not come to', () => {
    const log = slow([10, 10], (simulation) => {
      say(simulation, 'a', 'b', 'c')
      simulation.at(5, () => simulation.apply({ type: 'crash', node: 'n2', restartAfterMs: 1 }))
      simulation.at(20, () => say(simulation, 'd'))
    })
    expect(log).toEqual(['a 1', 'd 21'])
  })

  it('is refused with what are no times', () => {
    expect(() => slow([3, 2], () => {})).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })
})
