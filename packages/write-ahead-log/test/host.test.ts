import {
  Host,
  jsonCodec,
  seededRandom,
  unboundedClock,
  type Environment,
  type Platform,
  type Protocol,
} from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { openWriteAheadLog } from '../src/index.js'
import { TestDisk } from './test-disk.js'

/** Counts requests: remembers each, then tells a peer how many there were in all its lives. */
class Counter implements Protocol<number> {
  readonly #env: Environment<number>
  #count: number

  constructor(env: Environment<number>) {
    this.#env = env
    this.#count = env.store.lastIndex
  }

  start(): void {
    if (this.#count > 0) this.#env.send('peer', this.#count)
  }

  count(): void {
    this.#env.store.append([new Uint8Array(1)])
    this.#env.send('peer', ++this.#count)
  }

  receive(): void {}
  timeout(): void {}
  inspect() {
    return { count: this.#count }
  }
}

function hosted(disk: TestDisk): { readonly host: Host<Counter>; readonly sent: number[] } {
  const sent: number[] = []
  const codec = jsonCodec<number>((value) => (typeof value === 'number' ? undefined : 'no number'))
  const platform: Platform = {
    self: { id: 'n1', incarnation: 1 },
    clock: { now: () => 0, wall: () => 0, bound: () => unboundedClock },
    stores: openWriteAheadLog(disk),
    random: () => seededRandom(1),
    transmit: (_to, _channel, payload) => sent.push(codec.decode(payload) as number),
    schedule: () => undefined,
    cancel: () => undefined,
    report: () => undefined,
  }
  const host = new Host(platform, {
    codec,
    create: (env) => new Counter(env as Environment<number>),
    listen: () => undefined,
  })
  host.begin()
  return { host, sent }
}

describe('protocols on the log', () => {
  it('send what depends on a write when the disk has synced it, and not before', () => {
    const disk = new TestDisk()
    const { host, sent } = hosted(disk)
    host.request((counter) => counter.count())
    host.request((counter) => counter.count())
    expect(sent).toEqual([])
    disk.complete()
    expect(sent).toEqual([1])
    disk.complete()
    expect(sent).toEqual([1, 2])
  })

  it('send nothing any more when the disk has failed', () => {
    const disk = new TestDisk()
    const { host, sent } = hosted(disk)
    host.request((counter) => counter.count())
    disk.complete('EIO')
    host.request((counter) => counter.count())
    expect([sent, disk.busy]).toEqual([[], false])
  })

  it('say nothing of what they recovered before it can not be lost any more', () => {
    const disk = new TestDisk()
    hosted(disk).host.request((counter) => counter.count())
    const recovered = disk.crashed({ seed: 0, processOnly: true })
    const { host, sent } = hosted(recovered)
    expect(host.inspectOne('')).toEqual({ count: 1 })
    expect(sent).toEqual([])
    recovered.complete()
    expect(sent).toEqual([1])
  })
})
