import { describe, expect, it } from 'vitest'
import { AT_ONCE, isQuorateError, limits, type HostReport, type Write } from '../src/index.js'
import { codec, hosted, note, peer, probe, type Probe } from './fake-platform.js'

/** The code of the error that `action` throws. */
function codeOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    return isQuorateError(error) ? error.code : String(error)
  }
  return undefined
}

describe('a message', () => {
  it('leaves at once while nothing was written', () => {
    const { platform } = hosted({ start: ({ env }) => env.send('n2', note('hello')) })
    expect(platform.sent).toEqual(['n2  hello'])
  })

  it('goes to each of several receivers', () => {
    const { platform } = hosted({ start: ({ env }) => env.send(['n2', 'n1', 'n3'], note('hello')) })
    expect(platform.sent).toEqual(['n2  hello', 'n1  hello', 'n3  hello'])
  })

  it('waits for what its protocol wrote last before it', () => {
    const { platform } = hosted({
      start: (each) => {
        each.put('one')
        each.put('two')
        each.env.send(['n2', 'n3'], note('vote'))
        each.put('three')
      },
    })
    expect(platform.sent).toEqual([])
    platform.stores.harden('', 1)
    expect(platform.sent).toEqual([])
    platform.stores.harden('', 2)
    expect(platform.sent).toEqual(['n2  vote', 'n3  vote'])
    platform.stores.harden()
    expect(platform.sent).toHaveLength(2)
  })

  it('leaves before the write when it says so', () => {
    const { platform } = hosted({
      start: (each) => {
        each.put()
        each.env.send('n2', note('heartbeat'), AT_ONCE)
      },
    })
    expect(platform.sent).toEqual(['n2  heartbeat'])
  })

  it('leaves once the older write that it names is durable', () => {
    const { platform } = hosted({
      start: (each) => {
        const term = each.put('term')
        each.put('entry')
        each.env.send('n2', note('append'), term)
      },
    })
    expect(platform.sent).toEqual([])
    platform.stores.harden('', 1)
    expect(platform.sent).toEqual(['n2  append'])
  })

  it('may wait for a write that was made before it was thought of', () => {
    let entry = AT_ONCE
    const { platform, host } = hosted({
      start: (each) => void (entry = each.put()),
      receive: ({ env }) => env.send('n2', note('acknowledge'), entry),
    })
    platform.stores.harden()
    host.receive(peer('n2'), '', codec.encode(note('again')))
    expect(platform.sent).toEqual(['n2  acknowledge'])
  })

  it('keeps its place among those that wait for the same write', () => {
    const { platform } = hosted({
      start: (each) => {
        each.put()
        for (const text of ['a', 'b', 'c']) each.env.send('n2', note(text))
      },
    })
    platform.stores.harden()
    expect(platform.sent).toEqual(['n2  a', 'n2  b', 'n2  c'])
  })

  it('is encoded when it is sent: what its sender changes later does not change it', () => {
    const message = { type: 'note' as const, text: 'before' }
    const { platform } = hosted({
      start: (each) => {
        each.put()
        each.env.send('n2', message)
        message.text = 'after'
      },
    })
    platform.stores.harden()
    expect(platform.sent).toEqual(['n2  before'])
  })

  it("does not wait for another protocol's slow write", () => {
    const { platform } = hosted({
      start: (each) => {
        const heartbeats = each.env.scope('heartbeats', probe({}))
        each.put()
        each.env.send('n2', note('append'))
        heartbeats.env.send('n2', note('alive'))
      },
    })
    expect(platform.sent).toEqual(['n2 heartbeats alive'])
  })

  it('is not sent and reported when it is too long', () => {
    const text = 'x'.repeat(limits.maxMessageBytes)
    const { platform } = hosted({ start: ({ env }) => env.send(['n2', 'n3'], note(text)) })
    expect(platform.sent).toEqual([])
    expect(platform.reports).toMatchObject([
      { type: 'oversized', to: 'n2', channel: '', bytes: limits.maxMessageBytes + 10 },
      { type: 'oversized', to: 'n3' },
    ])
  })

  it('is dropped and reported when too much waits for writes already', () => {
    const text = 'x'.repeat(4_000_000)
    const { host, platform } = hosted({
      start: (each) => {
        each.put()
        for (let count = 0; count < 17; count++) each.env.send('n2', note(text))
      },
    })
    expect(platform.reports).toEqual([{ type: 'congested', to: 'n2', channel: '', bytes: 16 * 4_000_010 }])
    platform.stores.harden()
    expect(platform.sent).toHaveLength(16)
    host.request((each) => {
      each.put()
      for (let count = 0; count < 16; count++) each.env.send('n2', note(text))
    })
    expect(platform.reports).toHaveLength(1)
  })
})

describe('an indication', () => {
  it('waits for what its protocol wrote last before it', () => {
    const { platform, indicated } = hosted({
      start: (each) => {
        each.put()
        each.env.indicate('decided')
      },
    })
    expect(indicated).toEqual([])
    platform.stores.harden()
    expect(indicated).toEqual(['decided'])
    expect(platform.indicatedAt).toEqual([': decided'])
  })

  it('does not wait when it says so', () => {
    const { indicated } = hosted({
      start: (each) => {
        each.put()
        each.env.indicate('noticed', AT_ONCE)
      },
    })
    expect(indicated).toEqual(['noticed'])
  })

  it('is delivered behind the work of its step, in the order of all indications', () => {
    const order: string[] = []
    hosted({
      start: (each) => {
        const listen = (indication: string) => order.push(indication)
        const [one, other] = ['one', 'other'].map((name) => each.env.scope(name, probe({}, listen))) as [Probe, Probe]
        one.env.indicate('first of one')
        other.env.indicate('of the other')
        one.env.indicate('second of one')
        order.push("end of the step's work")
      },
    })
    expect(order).toEqual(["end of the step's work", 'first of one', 'of the other', 'second of one'])
  })

  it('may cause others, which are delivered behind those that were there', () => {
    const order: string[] = []
    const { indicated } = hosted({
      start: (root) => {
        const child = root.env.scope(
          'child',
          probe({}, (indication) => {
            order.push(indication)
            if (indication === 'a') root.env.indicate('caused by a')
          }),
        )
        child.env.indicate('a')
        child.env.indicate('b')
      },
    })
    expect(order).toEqual(['a', 'b'])
    expect(indicated).toEqual(['caused by a'])
  })

  it('lets the parent write in the same batch as the step that caused it', () => {
    const { platform } = hosted({
      start: (root) => {
        const child = root.env.scope(
          'child',
          probe({}, () => root.put('heard')),
        )
        child.put('said')
        child.env.indicate('now', AT_ONCE)
      },
    })
    expect(platform.stores.batches).toEqual([['child:said', ':heard']])
  })

  it('of a child that was ended meanwhile is not delivered', () => {
    const heard: string[] = []
    hosted({
      start: (root) => {
        const child = root.env.scope(
          'child',
          probe({}, (indication) => heard.push(indication)),
        )
        child.env.indicate('too late')
        root.env.end('child')
      },
    })
    expect(heard).toEqual([])
  })
})

describe('a write', () => {
  it('is committed with the others of its step, as one batch', () => {
    const { platform, host } = hosted({
      start: (each) => {
        each.put('a')
        each.put('b')
      },
      receive: (each) => void each.put('c'),
    })
    host.receive(peer('n2'), '', codec.encode(note('x')))
    host.receive(peer('n2'), '', codec.encode(note('y')))
    expect(platform.stores.batches).toEqual([[':a', ':b'], [':c'], [':c']])
  })

  it('is reported after what waited for it has left, in a step of its own', () => {
    const { platform, host } = hosted({
      start: (each) => {
        each.put()
        each.env.send('n2', note('waited'))
      },
      written: (each) => each.env.send('n2', note('then')),
    })
    platform.stores.harden()
    expect(platform.sent).toEqual(['n2  waited', 'n2  then'])
    expect(host.root.heard).toEqual(['start', 'written 1'])
  })

  it('that fails is told to its protocol, and lets nothing go that waited for it', () => {
    const { platform, host, indicated } = hosted({
      start: (each) => {
        each.put()
        each.env.send('n2', note('vote'))
        each.env.indicate('voted')
      },
    })
    platform.stores.fail('', { code: 'QUORATE_STORE_FAILED', message: 'the disk is gone', data: {} })
    expect(host.root.heard).toEqual(['start', 'failed 1'])
    expect(platform.sent).toEqual([])
    expect(indicated).toEqual([])
  })
})

describe('what arrives', () => {
  const report = (reports: readonly HostReport[]) => reports.map(({ type }) => type)

  it('goes to the protocol on its channel', () => {
    const { host } = hosted({ construct: ({ env }) => void env.scope('child', probe({})) })
    host.receive(peer('n2'), 'child', codec.encode(note('hello')))
    expect(host.inspect()).toEqual({
      '': { heard: ['start'] },
      child: { heard: ['start', 'receive hello from n2'] },
    })
    expect(host.inspectOne('child')).toEqual({ heard: ['start', 'receive hello from n2'] })
    expect(host.inspectOne('stranger')).toBeUndefined()
  })

  it('is dropped and reported on a channel that nobody listens to', () => {
    const { host, platform } = hosted()
    host.receive(peer('n2'), 'stranger', codec.encode(note('hello')))
    expect(platform.reports).toEqual([{ type: 'unknown-channel', from: peer('n2'), channel: 'stranger' }])
  })

  it('is dropped and reported when it is no message', () => {
    const { host, platform } = hosted()
    host.receive(peer('n2'), '', Uint8Array.of(0xff))
    expect(platform.reports).toMatchObject([{ type: 'malformed', from: peer('n2'), channel: '' }])
    expect(host.root.heard).toEqual(['start'])
  })

  it('before the beginning is dropped and reported', () => {
    const { host, platform } = hosted({}, false)
    host.receive(peer('n2'), '', codec.encode(note('early')))
    expect(report(platform.reports)).toEqual(['unknown-channel'])
    expect(host.root.heard).toEqual([])
  })

  it('is told to every protocol when it is of a connection, but not to those that the news has ended', () => {
    const { host } = hosted({
      construct: ({ env }) => {
        env.scope('one', probe({}))
        env.scope('other', probe({}))
      },
      peer: ({ env }) => env.end('one'),
    })
    const one = host.inspectOne('one')
    host.peer({ type: 'connected', peer: peer('n2') })
    expect(one).toEqual({ heard: ['start'] })
    expect(host.inspectOne('other')).toEqual({ heard: ['start', 'connected n2'] })
  })
})

describe('a timer', () => {
  it('fires by its name', () => {
    const { host, platform } = hosted({ start: ({ env }) => env.timer('election', 150) })
    expect(platform.timerNames()).toEqual(['/election 150'])
    host.fire(platform.timer('', 'election'))
    expect(host.root.heard).toEqual(['start', 'timeout election'])
  })

  it('is one and the same when it is set again, and gone when it is cancelled', () => {
    const { platform } = hosted({
      start: ({ env }) => {
        env.timer('election', 150)
        env.timer('election', 300)
        env.timer('heartbeat', 50)
        env.cancel('heartbeat')
        env.cancel('never set')
      },
    })
    expect(platform.timerNames()).toEqual(['/election 300'])
  })

  it.each([-1, Number.NaN, Infinity])('is refused with a delay of %d', (delayMs) => {
    const { host } = hosted()
    expect(codeOf(() => host.request(({ env }) => env.timer('t', delayMs)))).toBe('QUORATE_INVALID_OPTION')
  })

  it('is refused under a name that is too long', () => {
    const { host } = hosted()
    const name = 'x'.repeat(limits.maxNameLength + 1)
    expect(codeOf(() => host.request(({ env }) => env.timer(name, 1)))).toBe('QUORATE_INVALID_OPTION')
  })

  it('is forgotten when it has run out, lest names that are numbered pile up', () => {
    const { host, platform } = hosted({ start: ({ env }) => env.timer('kept', 1) })
    const identity = () => {
      platform.timers.clear()
      host.request(({ env }) => env.timer('kept', 1))
      return platform.timer('', 'kept')
    }
    const first = identity()
    host.fire(first)
    expect(identity()).toBe(first) // among few it is used again
    host.request(({ env }) => {
      for (let count = 0; count < 100; count++) env.timer(`request ${count}`, 1)
    })
    host.fire(first)
    expect(identity()).not.toBe(first)
  })
})

describe('a child', () => {
  it("made in its parent's constructor starts right after its parent", () => {
    const order: string[] = []
    const { host } = hosted({
      construct: ({ env }) => {
        for (const name of ['a', 'b']) env.scope(name, probe({ start: () => order.push(name) }))
      },
      start: () => order.push('parent'),
    })
    expect(order).toEqual(['parent', 'a', 'b'])
    expect(host.inspectOne('a')).toEqual({ heard: ['start'] })
  })

  it('made later starts at once', () => {
    const order: string[] = []
    hosted({
      start: ({ env }) => {
        env.scope('child', probe({ start: () => order.push('child') }))
        order.push('parent')
      },
    })
    expect(order).toEqual(['child', 'parent'])
  })

  it('has a channel, timers, a store and randomness of its own', () => {
    const { host, platform } = hosted({
      start: (root) => {
        const child = root.env.scope('child', probe({}))
        const grandchild = child.env.scope('grandchild', probe({}))
        for (const { env } of [root, child, grandchild]) {
          env.timer('tick', 1)
          env.send('n2', note('hello'))
        }
        child.put('value')
        expect(root.env.store.get('value')).toBeUndefined()
        expect(new Set([root, child, grandchild].map(({ env }) => env.random.fraction())).size).toBe(3)
      },
    })
    expect(platform.sent).toEqual(['n2  hello', 'n2 child hello', 'n2 child/grandchild hello'])
    expect(platform.timerNames()).toEqual(['/tick 1', 'child/tick 1', 'child/grandchild/tick 1'])
    host.fire(platform.timer('child', 'tick'))
    expect(host.inspectOne('child')).toEqual({ heard: ['start', 'timeout tick'] })
    expect(host.root.heard).toEqual(['start'])
  })

  it.each(['', 'a/b', 'x'.repeat(limits.maxNameLength + 1), 'taken'])('is refused under the name "%s"', (name) => {
    const { host } = hosted({ start: ({ env }) => void env.scope('taken', probe({})) })
    expect(codeOf(() => host.request(({ env }) => env.scope(name, probe({}))))).toBe('QUORATE_INVALID_OPTION')
  })

  it('that ends is silent, with its own children: nothing of theirs leaves, runs out or is received any more', () => {
    const { host, platform } = hosted({ start: ({ env }) => void env.scope('child', probe({})) })
    const [child, grandchild] = host.request((root) => {
      const one = root.env.scope('other', probe({}))
      const two = one.env.scope('grandchild', probe({}))
      for (const each of [one, two]) {
        each.put()
        each.env.send('n2', note('waits'))
        each.env.timer('tick', 1)
      }
      return [one, two] as const
    })
    const timer = platform.timer('other/grandchild', 'tick')
    host.request(({ env }) => env.end('other'))
    expect(platform.stores.dropped).toEqual(['other/grandchild', 'other'])
    expect(platform.timerNames()).toEqual([])
    host.fire(timer)
    host.receive(peer('n2'), 'other/grandchild', codec.encode(note('late')))
    for (const { env } of [child, grandchild]) {
      env.send('n2', note('late'))
      env.indicate('late')
      env.timer('tick', 1)
      expect(codeOf(() => env.scope('another', probe({})))).toBe('QUORATE_NOT_RUNNING')
    }
    expect(platform.sent).toEqual([])
    expect(platform.timerNames()).toEqual([])
    expect([...child.heard, ...grandchild.heard]).toEqual(['start', 'start'])
    expect(platform.reports).toMatchObject([{ type: 'unknown-channel', channel: 'other/grandchild' }])
    expect(Object.keys(host.inspect())).toEqual(['', 'child'])
  })

  it('may be made again under the same name, with nothing of the first', () => {
    const { host, platform } = hosted({})
    const first = host.request(({ env }) => env.scope('instance', probe({})))
    host.request(() => {
      first.put()
      first.env.timer('tick', 1)
    })
    host.request(({ env }) => env.end('instance'))
    const second = host.request(({ env }) => env.scope('instance', probe({})))
    expect(second).not.toBe(first)
    expect(second.env.store.latest).toBe(0)
    host.receive(peer('n2'), 'instance', codec.encode(note('hello')))
    expect(second.heard).toEqual(['start', 'receive hello from n2'])
    expect(first.heard).toEqual(['start'])
    expect(platform.timerNames()).toEqual([])
  })

  it('that does not exist may be ended', () => {
    const { host, platform } = hosted()
    host.request(({ env }) => env.end('stranger'))
    expect(platform.stores.dropped).toEqual([])
  })
})

describe('a constructor', () => {
  it.each<[string, (probe: Probe) => void]>([
    ['send', ({ env }) => env.send('n2', note('early'))],
    ['indicate', ({ env }) => env.indicate('early')],
    ['set a timer', ({ env }) => env.timer('early', 1)],
  ])('may not %s', (what, act) => {
    expect(codeOf(() => hosted({ construct: act }))).toBe('QUORATE_NOT_STARTED')
    expect(() => hosted({ construct: act })).toThrow(`wants to ${what} in its constructor`)
  })
})

describe('the host', () => {
  it('runs a request as a step and returns its result', () => {
    const { host, platform } = hosted()
    const write = host.request((root) => root.put())
    expect(write).toBe(1)
    expect(platform.stores.batches).toEqual([[':key']])
  })

  it('takes no request before it begins and after it stopped', () => {
    const { host } = hosted({}, false)
    expect(codeOf(() => host.request(() => {}))).toBe('QUORATE_NOT_RUNNING')
    host.begin()
    expect(codeOf(() => host.request(() => {}))).toBeUndefined()
    host.stop()
    expect(codeOf(() => host.request(() => {}))).toBe('QUORATE_NOT_RUNNING')
  })

  it('stops in good order, children first; what may leave leaves, what waits is dropped', () => {
    const order: string[] = []
    const { host, platform, indicated } = hosted({
      construct: ({ env }) => void env.scope('child', probe({ stop: () => order.push('child') })),
      start: ({ env }) => env.timer('tick', 1),
      stop: (root) => {
        order.push('root')
        root.env.send('n2', note('farewell'))
        root.env.indicate('stopped')
        root.put()
        root.env.send('n2', note('waits'))
      },
    })
    const timer = platform.timer('', 'tick')
    host.stop()
    host.stop()
    expect(order).toEqual(['child', 'root'])
    expect(platform.sent).toEqual(['n2  farewell'])
    expect(indicated).toEqual(['stopped'])
    expect(platform.timerNames()).toEqual([])
    platform.stores.harden()
    host.fire(timer)
    host.receive(peer('n2'), '', codec.encode(note('late')))
    host.peer({ type: 'connected', peer: peer('n2') })
    expect(host.root.heard).toEqual(['start', 'stop'])
    expect(platform.sent).toHaveLength(1)
  })

  it('halts as in a crash: nobody is told, and nothing happens any more', () => {
    const { host, platform } = hosted({ start: ({ env }) => env.timer('tick', 1) })
    const timer = platform.timer('', 'tick')
    host.halt()
    host.fire(timer)
    host.receive(peer('n2'), '', codec.encode(note('late')))
    expect(host.root.heard).toEqual(['start'])
    expect(platform.timerNames()).toEqual([])
  })

  it('does not tell a protocol that has ended, nor any after a halt, that its writes are durable', () => {
    const { host, platform } = hosted({ construct: ({ env }) => void env.scope('child', probe({})) })
    const child = host.inspectOne('child')
    const [tellChild, tellRoot] = [platform.stores.teller('child'), platform.stores.teller('')]
    host.request(({ env }) => env.end('child'))
    tellChild(1 as Write)
    expect(child).toEqual({ heard: ['start'] })
    host.halt()
    tellRoot(1 as Write)
    expect(host.root.heard).toEqual(['start'])
  })
})
