import { seededRandom, type Disk, type DiskChange, type StoreBackend } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { SimulatedDisk } from '../src/simulated-disk.js'
import { probes, type Probe } from './probe.js'
import type { Simulation } from '../src/index.js'

const put = (simulation: Simulation<Probe>, key: string) =>
  simulation.request('n1', 'put', (each) => void each.put(key, 'value'))
const kept = (simulation: Simulation<Probe>) => ['a', 'b', 'c'].filter((key) => simulation.root('n1').get(key))

describe('a node whose disk lies', () => {
  it('is told that its writes are durable, and has lost them after a crash', () => {
    const written: number[] = []
    const simulation = probes(1, { written: (_, write) => written.push(write) })
    put(simulation, 'a')
    simulation.run(5)
    simulation.apply({ type: 'lying-disk', node: 'n1', lies: true })
    put(simulation, 'b')
    simulation.run(10)
    expect([written, kept(simulation)]).toEqual([
      [1, 2],
      ['a', 'b'],
    ])
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.start()
    expect(kept(simulation)).toEqual(['a'])
    expect(simulation.marks.counts).toMatchObject({ 'durable-write-lost': 1 })
  })

  it('has lost nothing once a write was truly made durable behind them', () => {
    const simulation = probes(1, {})
    simulation.apply({ type: 'lying-disk', node: 'n1', lies: true })
    put(simulation, 'a')
    simulation.run(5)
    simulation.apply({ type: 'lying-disk', node: 'n1', lies: false })
    put(simulation, 'b')
    simulation.run(10)
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.start()
    expect(kept(simulation)).toEqual(['a', 'b'])
    expect(simulation.marks.counts['durable-write-lost']).toBeUndefined()
  })
})

describe('a simulated disk that lies', () => {
  const append = (file: string, ...bytes: readonly number[]): DiskChange => ({
    type: 'append',
    file,
    bytes: [Uint8Array.from(bytes)],
  })
  function rig() {
    let mounted: Disk | undefined
    const open = (disk: Disk): StoreBackend => {
      mounted = disk
      return {} as StoreBackend
    }
    const disk = new SimulatedDisk(open, seededRandom(1), () => {})
    disk.mount()
    return {
      disk,
      commit: (change: DiskChange) => mounted?.commit([change], () => {}),
      crash: (loss: { cached?: boolean } = {}) => {
        disk.crash({ survivors: 0, torn: false, cached: false, ...loss })
        disk.mount()
      },
      files: () => (mounted?.list() ?? []).map((file) => `${file}: ${[...(mounted?.read(file) ?? [])].join(' ')}`),
    }
  }

  it('shows what it pretends to have until a loss of power, and then what was durable before, whole', () => {
    const { disk, commit, crash, files } = rig()
    commit(append('a', 1))
    disk.complete()
    commit(append('a', 2))
    disk.pretend()
    commit(append('b', 3))
    disk.pretend()
    expect([files(), disk.pretends]).toEqual([['a: 1 2', 'b: 3'], true])
    crash()
    expect([files(), disk.pretends]).toEqual([['a: 1'], false])
  })

  it('keeps what it pretends to have when only the process dies, and can lose it still', () => {
    const { disk, commit, crash, files } = rig()
    commit(append('a', 1))
    disk.complete()
    commit(append('a', 2))
    disk.pretend()
    crash({ cached: true })
    expect([files(), disk.pretends]).toEqual([['a: 1 2'], true])
    crash()
    expect(files()).toEqual(['a: 1'])
  })

  it('has all of it when a later commit is truly durable, whichever file that names', () => {
    const { disk, commit, crash, files } = rig()
    commit(append('a', 1))
    disk.pretend()
    commit(append('b', 2))
    disk.complete()
    crash()
    expect(files()).toEqual(['a: 1', 'b: 2'])
  })
})
