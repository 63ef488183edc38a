import { AT_ONCE, type ChildDefinition, type Environment, type Protocol } from '@quorate/core'
import { Simulation } from '@quorate/simulation'
import type { EnvironmentNode, EnvironmentSubject } from '../../src/index.js'

type Definition = ChildDefinition<unknown, unknown, Protocol<unknown>>
type Env = Environment<unknown, unknown>

const simulations = new Set<Simulation>()

/** Each node is a simulation of its own. */
export const simulated: EnvironmentSubject = {
  name: 'simulation',
  start: (protocol): EnvironmentNode => {
    const simulation = new Simulation({ seed: simulations.size, nodes: ['n1'], protocol: () => protocol })
    simulations.add(simulation)
    simulation.start()
    return { stop: () => simulation.apply({ type: 'crash', node: 'n1' }) }
  },
}

/** Lets the time of all nodes go on. */
export function drive(conditions: Iterable<() => boolean>): void {
  for (const holds of conditions) {
    for (let left = 1000; !holds(); left--) {
      if (left === 0) throw new Error('it comes to nothing')
      for (const simulation of simulations) simulation.run(simulation.now + 1)
    }
  }
}

/** The simulator's environment with some of it replaced. */
function wrong(changes: (env: Env, definition: Definition) => Partial<Env>): EnvironmentSubject {
  const change = (definition: Definition): Definition => ({
    ...definition,
    create: (env) => definition.create(changed(env, changes(env, definition))),
  })
  return { name: 'wrong', start: (protocol) => simulated.start(change(protocol)) }
}

function changed(env: Env, changes: Partial<Env>): Env {
  const other: Env = {
    self: env.self,
    clock: env.clock,
    random: env.random,
    store: env.store,
    send: (to, message, after) => env.send(to, message, after),
    indicate: (indication, after) => env.indicate(indication, after),
    timer: (name, delayMs) => env.timer(name, delayMs),
    cancel: (name) => env.cancel(name),
    scope: (name, child) => env.scope(name, child),
    end: (name) => env.end(name),
  }
  return { ...other, ...changes }
}

function swallow(action: () => void): void {
  try {
    action()
  } catch {
    // As one that does not tell its author.
  }
}

let reads = 0

/** Each wrong in one way, with the tests that must fail over it: that of the property, and those of what it implies. */
export const wrongEnvironments: readonly (readonly [what: string, EnvironmentSubject, fails: readonly string[]])[] = [
  [
    'lets a constructor act',
    wrong((env) => ({ send: (to, message, after) => swallow(() => env.send(to, message, after)) })),
    ['a protocol does not act in its constructor: to send, indicate or set a timer throws QUORATE_NOT_STARTED'],
  ],
  [
    'has a clock that goes on within a step',
    wrong((env) => ({
      clock: { wall: () => env.clock.wall(), bound: () => env.clock.bound(), now: () => env.clock.now() + reads++ },
    })),
    ['time stands still within a step'],
  ],
  [
    'sends everything twice',
    wrong((env) => ({
      send: (to, message, after) => {
        env.send(to, message, after)
        env.send(to, message, after)
      },
    })),
    ['a message to itself arrives exactly once, from its own incarnation'],
  ],
  [
    'has timers that are early',
    wrong((env) => ({ timer: (name, delayMs) => env.timer(name, delayMs === 5 ? 4 : delayMs) })),
    ['a timer runs out once, and not before its time'],
  ],
  [
    'keeps the timer that was set first',
    wrong((env) => {
      const set = new Set<string>()
      return {
        timer: (name, delayMs) => {
          if (!set.has(name)) env.timer(name, delayMs)
          set.add(name)
        },
      }
    }),
    ['a timer that is set again replaces itself'],
  ],
  ['does not cancel', wrong(() => ({ cancel: () => {} })), ['a timer that is cancelled does not run out']],
  [
    'sends before it is durable',
    wrong((env) => ({ send: (to, message) => env.send(to, message, AT_ONCE) })),
    ['durable before visible: what is sent and indicated after a write waits until that is durable'],
  ],
  [
    'indicates at once',
    wrong((env, { listen }) => ({
      indicate: (indication) => {
        swallow(() => env.timer('', 0))
        env.cancel('')
        listen(indication)
      },
    })),
    [
      'a protocol does not act in its constructor: to send, indicate or set a timer throws QUORATE_NOT_STARTED',
      'one step at a time: whatever happens, happens when the step before it has ended',
      'durable before visible: what is sent and indicated after a write waits until that is durable',
      'indications come when the work of the step is done, in their order',
    ],
  ],
  [
    'gives a child the store of its parent',
    wrong((env) => ({
      scope: (name, child) =>
        env.scope(name, {
          ...child,
          create: (inner) => child.create(changed(inner as Env, { store: env.store }) as typeof inner),
        }),
    })),
    [
      'a child has messages, timers and a store of its own',
      'a child that is ended is told nothing more, and what it stored is forgotten',
    ],
  ],
  [
    'does not end its children',
    wrong((env) => {
      let count = 0
      return { end: () => {}, scope: (name, child) => env.scope(`${name}${count++}`, child) }
    }),
    ['a child that is ended is told nothing more, and what it stored is forgotten'],
  ],
  [
    'does not stop',
    { name: 'wrong', start: (protocol) => ({ ...simulated.start(protocol), stop: () => {} }) },
    ['a node that is stopped is told nothing more'],
  ],
]
