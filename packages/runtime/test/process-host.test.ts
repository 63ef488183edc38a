import {
  messageCodec,
  QuorateError,
  type DiskChange,
  type DiskError,
  type Disk,
  type Environment,
  type HostReport,
  type Incarnation,
  type MessageOf,
  type PeerEvent,
  type Protocol,
  type Write,
} from '@quorate/core'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ProcessHost, type ProcessHostOptions } from '../src/index.js'

const codec = messageCodec({ note: { text: 'string' } })
type Note = MessageOf<typeof codec>
const note = (text: string): Note => ({ type: 'note', text })

type Env = Environment<Note, string>
type Behaviour = { [Name in 'start' | 'stop' | 'receive' | 'timeout' | 'peer']?: (env: Env, what: string) => void }

/** A protocol that does what the test says, and writes down what it is told. */
class Scribe implements Protocol<Note> {
  readonly log: string[] = []
  readonly env: Env
  readonly #behaviour: Behaviour

  constructor(env: Env, behaviour: Behaviour) {
    this.env = env
    this.#behaviour = behaviour
  }

  start(): void {
    this.#told('start', '')
  }

  receive({ id, incarnation }: Incarnation, { text }: Note): void {
    this.#told('receive', text, `${text} from ${id}/${incarnation}`)
  }

  timeout(name: string): void {
    this.#told('timeout', name)
  }

  written(): void {
    this.log.push('written')
  }

  peer({ type, peer }: PeerEvent): void {
    this.#told('peer', `${type} ${peer.id}`)
  }

  stop(): void {
    this.#told('stop', '')
  }

  inspect() {
    return { told: this.log.length }
  }

  #told(name: keyof Behaviour, what: string, shown = what): void {
    this.log.push(`${name} ${shown}`.trimEnd())
    this.#behaviour[name]?.(this.env, what)
  }
}

/** A disk in memory, whose commits are done when the test says so. */
class HeldDisk implements Disk {
  readonly commits: (() => void)[] = []
  held = false

  list(): readonly string[] {
    return []
  }

  read(): Uint8Array {
    return new Uint8Array()
  }

  readAt(_file: string, _offset: number, length: number): Uint8Array {
    return new Uint8Array(length)
  }

  commit(_changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    this.commits.push(() => done())
    if (!this.held) setImmediate(() => this.release())
  }

  release(): void {
    for (const done of this.commits.splice(0)) done()
  }
}

interface Node {
  readonly host: ProcessHost<Scribe>
  readonly disk: HeldDisk
  readonly log: string[]
  readonly reports: HostReport[]
  readonly indications: unknown[]
  readonly sent: string[]
}

const hosts = new Map<string, ProcessHost<Scribe>>()
afterEach(() => {
  vi.useRealTimers()
  for (const host of hosts.values()) host.halt()
  hosts.clear()
})

/** A host that reaches the others of a test by direct calls. */
function node(id: string, behaviour: Behaviour = {}, options: Partial<ProcessHostOptions<Scribe>> = {}): Node {
  const disk = new HeldDisk()
  const reports: HostReport[] = []
  const indications: unknown[] = []
  const sent: string[] = []
  const self = { id, incarnation: 7 }
  const host = new ProcessHost<Scribe>({
    self,
    stores: openWriteAheadLog(disk),
    transmit: (to, channel, payload) => {
      sent.push(to)
      // The caller's buffer is its own: a transport that keeps bytes copies them.
      const copy = payload.slice()
      setImmediate(() => hosts.get(to)?.receive(self, channel, copy))
    },
    protocol: {
      codec,
      create: (env) => new Scribe(env as Env, behaviour),
      listen: (indication) => void indications.push(indication),
    },
    onReport: (report) => reports.push(report),
    ...options,
  })
  hosts.set(id, host)
  return { host, disk, log: host.root.log, reports, indications, sent }
}

/** Resolves when the event loop has gone round, with timers of up to some milliseconds, several times. */
function later(durationMs = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(() => setImmediate(resolve), durationMs))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await later(2)
}

describe('what becomes durable before a host is started', () => {
  it('is told right after the start: a log repairs what it recovered while ports are opened', async () => {
    const told: ((write: Write) => void)[] = []
    const log = openWriteAheadLog(new HeldDisk())
    const { host, log: seen } = node(
      'n1',
      {},
      {
        stores: {
          open: (path, written) => {
            told.push(written)
            return log.open(path, written)
          },
          drop: (path) => log.drop(path),
          commit: () => log.commit(),
        },
      },
    )
    for (const written of told) written(1 as Write)
    await later()
    expect(seen).toEqual([])
    host.start()
    expect(seen).toEqual(['start', 'written'])
  })
})

describe('hosts of two nodes', () => {
  it('carry messages to each other, and say from which life of whom they are', async () => {
    const n1 = node('n1', { start: (env) => env.send('n2', note('ping')) })
    const n2 = node('n2', { receive: (env) => env.send('n1', note('pong')) })
    n2.host.start()
    n1.host.start()
    await until(() => n1.log.length === 2)
    expect(n2.log).toEqual(['start', 'receive ping from n1/7'])
    expect(n1.log).toEqual(['start', 'receive pong from n2/7'])
  })

  it('report bytes that are no message, and messages for nobody, instead of passing them on', () => {
    const { host, reports, log } = node('n1')
    host.start()
    const from = { id: 'n2', incarnation: 3 }
    host.receive(from, '', new Uint8Array([255, 255]))
    host.receive(from, 'nobody', codec.encode(note('lost')))
    expect(reports.map(({ type }) => type)).toEqual(['malformed', 'unknown-channel'])
    expect(log).toEqual(['start'])
  })

  it('tell what the transport saw of a connection', () => {
    const { host, log } = node('n1')
    host.start()
    host.peer({ type: 'connected', peer: { id: 'n2', incarnation: 3 } })
    expect(log).toEqual(['start', 'peer connected n2'])
  })
})

describe('a step', () => {
  it('ends before a message to the node itself arrives, which does so once, without the transport', async () => {
    const { host, log, sent } = node('n1', {
      start: (env) => {
        env.send('n1', note('self'))
        env.indicate('sent')
      },
    })
    host.start()
    expect(log).toEqual(['start'])
    await until(() => log.length > 1)
    await later()
    expect(log).toEqual(['start', 'receive self from n1/7'])
    expect(sent).toEqual([])
  })

  it('has one time', async () => {
    const times: number[] = []
    const { host, log } = node('n1', {
      start: (env) => {
        times.push(env.clock.now())
        const untilMs = performance.now() + 5
        while (performance.now() < untilMs);
        times.push(env.clock.now())
        env.timer('next', 0)
      },
      timeout: (env) => times.push(env.clock.now()),
    })
    host.start()
    await until(() => log.length === 2)
    const [first, same, next] = times as [number, number, number]
    expect(same).toBe(first)
    expect(next).toBeGreaterThanOrEqual(first + 5)
  })

  it('sends and indicates what follows a write only once the disk has it', async () => {
    const { host, disk, sent, indications, log } = node('n1', {
      start: (env) => {
        env.store.put('vote', new Uint8Array([1]))
        env.send('n2', note('promise'))
        env.indicate('promised')
      },
    })
    disk.held = true
    host.start()
    await later()
    expect(sent).toEqual([])
    expect(indications).toEqual([])
    disk.release()
    await until(() => log.includes('written'))
    expect(sent).toEqual(['n2'])
    expect(indications).toEqual(['promised'])
  })

  it('is made of a request, too, whose result is returned', () => {
    const { host, indications } = node('n1')
    host.start()
    const result = host.request((root) => {
      root.env.indicate('asked')
      expect(indications).toEqual([])
      return 42
    })
    expect(result).toBe(42)
    expect(indications).toEqual(['asked'])
  })

  it('draws the same randomness from the same seed', () => {
    const draw = (id: string, seed: number) => {
      const { host } = node(id, {}, { seed })
      return host.root.env.random.fraction()
    }
    expect(draw('n1', 5)).toBe(draw('n2', 5))
    expect(draw('n1', 5)).not.toBe(draw('n2', 6))
  })
})

describe('a host', () => {
  it.each(['stop', 'halt'] as const)('takes no request before it starts or after its %s, and says so', (end) => {
    const { host } = node('n1')
    const refused = expect.objectContaining({ code: 'QUORATE_NOT_RUNNING' })
    expect(() => host.request(() => 1)).toThrow(refused)
    host.start()
    host[end]()
    expect(() => host.request(() => 1)).toThrow(refused)
  })

  it('lets its protocols say goodbye when it stops, and tells them nothing afterwards', async () => {
    const { host, log, sent, disk } = node('n1', {
      start: (env) => {
        env.timer('soon', 5)
        env.send('n1', note('self'))
      },
      stop: (env) => env.send('n2', note('goodbye')),
    })
    host.start()
    disk.held = true
    host.root.env.store.put('key', new Uint8Array([1]))
    host.stop()
    disk.release()
    host.receive({ id: 'n2', incarnation: 3 }, '', codec.encode(note('late')))
    host.stop()
    await later()
    expect(log).toEqual(['start', 'stop'])
    expect(sent).toEqual([])
  })

  it('sends what a protocol says when it stops, unless it waits for the disk', () => {
    const { host, sent } = node('n1', { stop: (env) => env.send('n2', note('goodbye')) })
    host.start()
    host.stop()
    expect(sent).toEqual(['n2'])
  })

  it('tells its protocols nothing any more when it halts, not even that', async () => {
    const { host, log } = node('n1', { start: (env) => env.timer('soon', 5) })
    host.start()
    host.halt()
    await later()
    expect(log).toEqual(['start'])
  })

  it('leaves no timer behind that would keep the process from ending', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { host } = node('n1', { start: (env) => env.timer('late', 1000) })
    host.start()
    expect(vi.getTimerCount()).toBe(1)
    host.halt()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('shows the state of its protocols, also after it has stopped', () => {
    const { host } = node('n1')
    host.start()
    expect(host.inspect()).toEqual({ '': { told: 1 } })
    host.halt()
    expect(host.inspect()).toEqual({ '': { told: 1 } })
  })

  it('tells how often and how long it did not get to run', async () => {
    const { host, log } = node('n1', {
      start: (env) => {
        env.timer('late', 1)
        const untilMs = performance.now() + 60
        while (performance.now() < untilMs);
      },
    })
    host.start()
    await until(() => log.includes('timeout late'))
    const { stalls, longestStallMs } = host.health()
    expect(stalls).toBeGreaterThanOrEqual(1)
    expect(longestStallMs).toBeGreaterThan(40)
  })
})

describe('a host whose protocol throws', () => {
  const defect = new Error('a defect')
  const throws = (): never => {
    throw defect
  }

  it('halts, and tells: nothing that follows reaches the protocol, and nothing that waits leaves', async () => {
    const failures: unknown[] = []
    const { host, disk, log, sent } = node(
      'n1',
      {
        receive: (env) => {
          env.store.put('key', Uint8Array.of(1))
          env.send('n2', note('after the write'))
          env.timer('later', 1)
        },
        peer: throws,
      },
      { onFailure: (error) => failures.push(error) },
    )
    host.start()
    disk.held = true
    const from = { id: 'n2', incarnation: 7 }
    host.receive(from, '', codec.encode(note('hello')))
    host.peer({ type: 'connected', peer: from })
    expect(failures).toEqual([defect])
    host.peer({ type: 'connected', peer: from })
    host.stop()
    disk.release()
    await later()
    expect(failures).toEqual([defect])
    expect(log).toEqual(['start', 'receive hello from n2/7', 'peer connected n2'])
    expect(sent).toEqual([])
    expect(() => host.request(() => 1)).toThrow('has stopped')
  })

  it('throws it further when nobody is told, and has halted', () => {
    const { host, log } = node('n1', { start: throws })
    expect(() => host.start()).toThrow(defect)
    host.receive({ id: 'n2', incarnation: 7 }, '', codec.encode(note('hello')))
    expect(log).toEqual(['start'])
  })

  it('in a request throws it to the caller and halts, unless it is a refusal', () => {
    const failures: unknown[] = []
    const { host } = node('n1', {}, { onFailure: (error) => failures.push(error) })
    host.start()
    const refusal = new QuorateError('QUORATE_OVERLOADED', 'wait')
    const refuses = (): never => {
      throw refusal
    }
    expect(() => host.request(refuses)).toThrow(refusal)
    expect(host.request(() => 1)).toBe(1)
    expect(() => host.request(throws)).toThrow(defect)
    expect(failures).toEqual([defect])
    expect(() => host.request(() => 1)).toThrow('has stopped')
  })
})
