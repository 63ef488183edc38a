import { createHook } from 'node:async_hooks'
import { createRequire, syncBuiltinESMExports } from 'node:module'

/** Tells what of the real world was touched between `begin` and `end`. */
export interface Witness {
  begin(): void
  end(): readonly string[]
}

/** So far ahead is the clock, and so much further at every look at it: what depends on it comes out otherwise. */
const aheadMs = 40_000_000_000
const stepMs = 7

/** What comes later by other means than events, by the names that async_hooks has for it. */
const laterNames: Readonly<Record<string, string>> = {
  PROMISE: 'a promise',
  Timeout: 'setTimeout or setInterval',
  Immediate: 'setImmediate',
  Microtask: 'queueMicrotask',
  TickObject: 'process.nextTick',
}

/**
 * Makes this thread another world: its clocks show another time, and whoever looks at them, draws randomness that is not the run's, or begins
 * something asynchronous is noted. To be called before the algorithm is loaded: then its module, too, sees this world only. There is no
 * way back; the thread is good for nothing else.
 */
export function enterOtherWorld(): Witness {
  const touched = new Set<string>()
  let watching = false
  let looks = 0
  const note = (name: string): void => void (watching && touched.add(name))
  /** What is done for whoever has been noted is not noted as well. */
  const unwatched = <T>(action: () => T): T => {
    const before = watching
    watching = false
    try {
      return action()
    } finally {
      watching = before
    }
  }
  const extraMs = (): number => aheadMs + stepMs * ++looks

  const { Date: RealDate, performance, crypto, Math, process } = globalThis
  const realNow = RealDate.now
  const now = (): number => (note('Date'), realNow() + extraMs())
  replace(RealDate, 'now', now)
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: (target) => new target(now()).toString(),
  })
  const monotonic = performance.now.bind(performance)
  replace(performance, 'now', () => (note('performance.now'), monotonic() + extraMs()))
  const { hrtime, uptime } = process
  const otherHrtime = (before?: [number, number]): [number, number] => {
    note('process.hrtime')
    const [seconds, nanoseconds] = hrtime(before)
    return [seconds + Math.floor(extraMs() / 1_000), nanoseconds]
  }
  otherHrtime.bigint = (): bigint => (note('process.hrtime'), hrtime.bigint() + BigInt(extraMs()) * 1_000_000n)
  replace(process, 'hrtime', otherHrtime)
  replace(process, 'uptime', () => (note('process.uptime'), uptime() + extraMs() / 1_000))

  // Randomness is other in every thread as it is: it is enough to see who draws it.
  const watch = (owner: object, label: string, names: readonly string[]): void => {
    for (const name of names) {
      const real = Reflect.get(owner, name) as (...args: unknown[]) => unknown
      replace(owner, name, (...args: unknown[]) => {
        note(`${label}.${name}`)
        return unwatched(() => Reflect.apply(real, owner, args))
      })
    }
  }
  watch(Math, 'Math', ['random'])
  watch(crypto, 'crypto', ['getRandomValues', 'randomUUID'])
  const nodeCrypto = createRequire(import.meta.url)('node:crypto') as object
  watch(nodeCrypto, 'crypto', ['randomBytes', 'randomFillSync', 'randomInt', 'randomUUID'])
  syncBuiltinESMExports()

  createHook({ init: (_id, type) => note(laterNames[type] ?? type) }).enable()
  // What somebody prints to see what goes on is not part of the run, however it gets out.
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
    replace(stream, 'write', (...args: unknown[]) => unwatched(() => write(...args)))
  }

  return {
    begin: () => {
      touched.clear()
      watching = true
    },
    end: () => {
      watching = false
      return [...touched].sort()
    },
  }
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, configurable: true, writable: true })
}
