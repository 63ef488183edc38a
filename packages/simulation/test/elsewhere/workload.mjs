/**
 * A run that uses what a simulation has: codecs, stores and logs, links and rounds, randomness, clocks, timers and every fault
 * that can be drawn. In plain JavaScript and given its imports, so that it runs where only the built packages are.
 *
 * @param {typeof import('@quorate/core')} core
 * @param {typeof import('../../src/index.js')} simulation
 */
export function hashOf(core, simulation, seed) {
  const { jsonCodec, messageCodec, reliableLink } = core
  const { drawSchedule, nodeIds, Simulation } = simulation
  const ids = nodeIds(5)
  const codec = messageCodec({
    tell: { text: 'string', number: 'number', delta: 'int', trail: { list: 'uint' }, blob: { optional: 'bytes' } },
  })
  const gossip = jsonCodec((value) => (typeof value.rumour === 'string' ? undefined : 'no rumour'))

  class Teller {
    constructor(env) {
      this.env = env
      this.trail = env.store.read(1, 1_000_000).map((record) => record[0])
      this.told = env.store.get('told')?.length ?? 0
      this.link = env.scope(
        'link',
        reliableLink({ retransmitMs: 30 }, ({ payload }) => this.remember(payload.length)),
      )
      this.gossip = env.scope('gossip', {
        codec: gossip,
        create: (inner) => new Gossip(inner),
        listen: (heard) => env.indicate(heard),
      })
    }

    start() {
      this.env.timer('tell', 20 * this.env.random.fraction())
    }

    remember(number) {
      this.trail.push(number % 256)
      const write = this.env.store.append([Uint8Array.of(number % 256)])
      if (this.trail.length % 10 === 0) this.env.store.compact(this.env.store.lastIndex - 5)
      if (this.trail.length % 50 === 0) this.trail = []
      return write
    }

    timeout() {
      const { random, clock, store } = this.env
      this.told++
      store.put('told', new Uint8Array(this.told % 7))
      this.env.send(ids, {
        type: 'tell',
        text: `größer als ${this.told} 🙂`,
        number: clock.now() / 3 + random.fraction(),
        delta: random.integer(-1000, 1000),
        trail: this.trail.slice(-3),
        ...(random.chance(0.5) ? { blob: new Uint8Array(random.integer(0, 20)) } : {}),
      })
      this.link.send(random.pick(ids), new Uint8Array(this.told % 10))
      this.gossip.spread(random.shuffle(ids).join(' '))
      this.env.timer('tell', 10 + 20 * random.fraction())
    }

    receive(from, { number, delta }) {
      const write = this.remember(Math.abs(delta))
      this.env.indicate({ from: from.id, number, wall: this.env.clock.wall() }, write)
    }

    inspect() {
      return { told: this.told, trail: this.trail }
    }
  }

  class Gossip {
    constructor(env) {
      this.env = env
      this.heard = 0
    }

    start() {}
    timeout() {}

    spread(rumour) {
      this.env.send(this.env.random.pick(ids), { rumour })
    }

    receive(_from, { rumour }) {
      if (++this.heard % 5 === 0) this.env.indicate({ rumour, heard: this.heard })
    }

    inspect() {
      return { heard: this.heard }
    }
  }

  const run = new Simulation({
    seed,
    nodes: ids,
    links: { minDelayMs: 0.3, maxDelayMs: 7 },
    clockBound: { wallErrorMs: 3, ratePpm: 200 },
    protocol: () => ({ codec, create: (env) => new Teller(env), listen() {} }),
  })
  const schedule = drawSchedule({
    ids,
    faults: faultsOf(core),
    maxFaulty: 2,
    chaosMs: 2000,
    maxDelayMs: 7,
    clockBound: { wallErrorMs: 3, ratePpm: 200 },
    random: run.random.fork('schedule'),
  })
  for (const { atMs, action } of schedule) run.at(atMs, () => run.apply(action))
  run.start()
  run.run(2000)
  return `${run.events} events, hash ${run.hash}`
}

/** Everything that can be injected. */
function faultsOf({ faults }) {
  const beyond = new Set(['torn-write', 'lost-write', 'bit-rot', 'full-disk', 'byzantine'])
  return Object.keys(faults).filter((kind) => !beyond.has(kind))
}

/** The hashes of some seeds, a line for each. */
export function hashes(core, simulation) {
  return Array.from({ length: 5 }, (_, seed) => `seed ${seed}: ${hashOf(core, simulation, seed)}`)
}
