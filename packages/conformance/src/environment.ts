import { isQuorateError, type ChildDefinition, type Protocol, type Write } from '@quorate/core'
import { note, probe, ProbeLog, type ProbeEnvironment, type Script } from './environment-probe.js'
import { fail, Suite, type Conditions, type Drive, type TestRunner } from './runner.js'

/** An environment to be tested. */
export interface EnvironmentSubject {
  readonly name: string
  /** Starts a node of its own, on stores of its own, whose outermost protocol is this one. */
  readonly start: (protocol: ChildDefinition<unknown, unknown, Protocol<unknown>>) => EnvironmentNode
}

/** A node that was started. */
export interface EnvironmentNode {
  /** Stops it in good order. */
  readonly stop: () => void
}

/** What computers need a while for, so that a clock that does not stand still is seen to go on. */
const busyRounds = 2_000_000

/** Clocks count in floating point. */
const roundingMs = 1e-6

/**
 * The tests of what runs protocols: a real process, or a simulator. They wait for messages, timers and writes: `drive` brings them about.
 *
 * @example
 * environmentConformance({ name: 'process', start: (protocol) => startHost(protocol) }, { describe, it, drive })
 */
export function environmentConformance(
  subject: EnvironmentSubject,
  options: TestRunner & { readonly drive: Drive },
): void {
  const suite = new Suite(options)
  const start = (script: Script): Started => {
    const log = new ProbeLog()
    const node = subject.start(probe(script, log) as ChildDefinition<unknown, unknown, Protocol<unknown>>)
    return { log, node }
  }
  suite.describe(`${subject.name}, an environment`, () => {
    for (const [title, body] of tests) suite.driven(title, options.drive, () => body(start))
  })
}

interface Started {
  readonly log: ProbeLog
  readonly node: EnvironmentNode
}

type Start = (script: Script) => Started
type Body = (start: Start) => Conditions

const tests: readonly (readonly [title: string, body: Body])[] = [
  [
    'a protocol does not act in its constructor: to send, indicate or set a timer throws QUORATE_NOT_STARTED',
    function* (start) {
      const refused: unknown[] = []
      const attempt = (action: () => void): void => {
        try {
          action()
        } catch (error) {
          if (isQuorateError(error, 'QUORATE_NOT_STARTED')) refused.push(error)
        }
      }
      const { log } = start({
        created: (env) => {
          attempt(() => env.send(env.self.id, note('a')))
          attempt(() => env.indicate('b'))
          attempt(() => env.timer('c', 0))
        },
      })
      yield () => log.has('end of start')
      if (refused.length !== 3) fail(`${refused.length} of the three are refused`)
    },
  ],
  [
    'one step at a time: whatever happens, happens when the step before it has ended',
    function* (start) {
      const { log } = start({
        start: (env) => {
          for (const text of ['a', 'b']) {
            env.send(env.self.id, note(text))
            env.indicate(text)
          }
          env.timer('t', 0)
        },
      })
      yield () => ['receive a', 'receive b', 'indicated a', 'indicated b', 'timeout t'].every((each) => log.has(each))
      if (log.nested) fail(`something happens within a step: ${log.events.join(', ')}`)
    },
  ],
  [
    'time stands still within a step',
    function* (start) {
      const times: number[] = []
      const { log } = start({
        start: ({ clock }) => {
          times.push(clock.now())
          let sum = 0
          for (let round = 0; round < busyRounds; round++) sum += round % 7
          if (sum > 0) times.push(clock.now())
        },
      })
      yield () => log.has('end of start')
      if (times[0] !== times[1]) fail(`within a step it became ${times.join(' and then ')}`)
    },
  ],
  [
    'a message to itself arrives exactly once, from its own incarnation',
    function* (start) {
      let right = false
      const { log } = start({
        start: (env) => {
          env.send(env.self.id, note('a'))
          env.timer('later', 10)
        },
        receive: ({ self }, _text, { id, incarnation }) => {
          right = id === self.id && incarnation === self.incarnation
        },
      })
      yield () => log.has('end of timeout later')
      if (log.count('receive a') !== 1) fail(`it arrived ${log.count('receive a')} times`)
      if (!right) fail('it came from somebody else')
    },
  ],
  [
    'a timer runs out once, and not before its time',
    function* (start) {
      let setMs = 0
      let tookMs = 0
      const { log } = start({
        start: (env) => {
          setMs = env.clock.now()
          env.timer('t', 5)
          env.timer('later', 20)
        },
        timeout: ({ clock }, name) => {
          if (name === 't') tookMs = clock.now() - setMs
        },
      })
      yield () => log.has('end of timeout later')
      if (log.count('timeout t') !== 1) fail(`it ran out ${log.count('timeout t')} times`)
      if (tookMs < 5 - roundingMs) fail(`a timer of 5 ms ran out after ${tookMs} ms`)
    },
  ],
  [
    'a timer that is set again replaces itself',
    function* (start) {
      let setMs = 0
      const ranOut: number[] = []
      const { log } = start({
        start: (env) => {
          setMs = env.clock.now()
          env.timer('t', 1)
          env.timer('t', 10)
          env.timer('later', 25)
        },
        timeout: ({ clock }, name) => {
          if (name === 't') ranOut.push(clock.now() - setMs)
        },
      })
      yield () => log.has('end of timeout later')
      if (ranOut.length !== 1 || (ranOut[0] as number) < 10 - roundingMs) {
        fail(`set to 1 ms and then to 10 it ran out after ${ranOut.join(' and ')} ms`)
      }
    },
  ],
  [
    'a timer that is cancelled does not run out',
    function* (start) {
      const { log } = start({
        start: (env) => {
          env.timer('t', 1)
          env.timer('later', 10)
          env.cancel('t')
          env.cancel('none')
        },
      })
      yield () => log.has('end of timeout later')
      if (log.has('timeout t')) fail('it ran out')
    },
  ],
  [
    'durable before visible: what is sent and indicated after a write waits until that is durable',
    function* (start) {
      let written = 0 as Write
      let kept: ProbeEnvironment | undefined
      const early: string[] = []
      const look = (what: string): void => {
        const durable = kept?.store.durable ?? 0
        if (durable < written) early.push(what)
      }
      const { log } = start({
        start: (env) => {
          kept = env
          env.store.append([Uint8Array.of(1)])
          written = env.store.put('k', Uint8Array.of(2))
          env.send(env.self.id, note('a'))
          env.indicate('b')
        },
        receive: () => look('a message'),
        indicated: () => look('an indication'),
      })
      yield () => log.has('end of receive a') && log.has('end of indicated b')
      if (early.length > 0) fail(`${early.join(' and ')} came before the write was durable`)
    },
  ],
  [
    'indications come when the work of the step is done, in their order',
    function* (start) {
      const { log } = start({
        start: (env) => {
          env.indicate('a')
          env.indicate('b')
        },
      })
      yield () => log.has('end of indicated b')
      const order = ['start', 'end of start', 'indicated a', 'end of indicated a', 'indicated b', 'end of indicated b']
      if (log.events.join() !== order.join()) fail(`the order was ${log.events.join(', ')}`)
    },
  ],
  [
    'a child has messages, timers and a store of its own',
    function* (start) {
      const child = new ProbeLog()
      let seen: Uint8Array | undefined
      const script: Script = {
        start: (env) => {
          env.store.put('k', Uint8Array.of(1))
          env.send(env.self.id, note('a'))
          env.timer('t', 1)
        },
      }
      const { log } = start({
        start: (env) => {
          env.scope('c', probe(script, child))
          seen = env.store.get('k')
          env.timer('later', 10)
        },
      })
      yield () => log.has('end of timeout later') && child.has('end of receive a') && child.has('end of timeout t')
      if (log.has('receive a') || log.has('timeout t')) fail('its parent was told what was for the child')
      if (seen !== undefined) fail('its parent read what the child wrote')
    },
  ],
  [
    'a child that is ended is told nothing more, and what it stored is forgotten',
    function* (start) {
      const child = new ProbeLog()
      let found: Uint8Array | undefined
      const script: Script = {
        start: (env) => {
          env.store.put('k', Uint8Array.of(1))
          env.timer('t', 5)
        },
      }
      const { log } = start({
        start: (env) => {
          env.scope('c', probe(script, child))
          env.timer('end', 1)
          env.timer('later', 20)
        },
        timeout: (env, name) => {
          if (name === 'end') env.end('c')
          else env.scope('c', probe({ created: ({ store }) => (found = store.get('k')) }, new ProbeLog()))
        },
      })
      yield () => log.has('end of timeout later')
      if (child.has('timeout t')) fail('its timer ran out after its end')
      if (found !== undefined) fail('the next child of that name finds what it stored')
    },
  ],
  [
    'a node that is stopped is told nothing more',
    function* (start) {
      const { log, node } = start({ start: (env) => env.timer('t', 5) })
      yield () => log.has('end of start')
      const { length } = log.events
      node.stop()
      const { log: other } = start({ start: (env) => env.timer('later', 20) })
      yield () => other.has('end of timeout later')
      if (log.events.length > length) fail(`after that: ${log.events.slice(length).join(', ')}`)
    },
  ],
]
