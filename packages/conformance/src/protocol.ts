import { seededRandom, type Random } from '@quorate/core'
import type { Run } from './campaign.js'
import { Observer } from './observer.js'
import { fail, type Suite } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/** So many seeds are run twice. */
const seeds = 3

/** So many byte strings that are no messages are shown to each codec. */
const garbageCount = 2000

type Observable = Parameters<Observer['observe']>[0] & { readonly name: string }

/** What every protocol owes, whatever it is for: tests of the contracts `Protocol` and `Codec`. */
export function testProtocol<D extends Observable>(
  suite: Suite,
  definition: D,
  runOf: (definition: D) => Run,
  plan: SweepPlan,
): void {
  let twice: Twice | undefined
  const watched = (): Twice => (twice ??= runTwice(definition, runOf, plan))

  suite.test('determinism: a seed is a run', () => {
    const { differs } = watched()
    if (differs === undefined) return
    fail(
      `seed ${differs} gave two different runs: the algorithm draws on something else than its environment, such as a clock, ` +
        'Math.random or what an earlier run left behind',
      { seed: differs },
    )
  })
  suite.test('decodes every message that it encodes to the same', () => {
    const { mangled } = watched().observer
    if (mangled !== undefined) fail(mangled)
  })
  suite.test('refuses bytes that are no message, and never throws over them', () => {
    const random = seededRandom(1)
    for (const { codec, payloads } of watched().observer.codecs) {
      for (let count = 0; count < garbageCount; count++) {
        const bytes = garbage(random, payloads)
        try {
          codec.decode(bytes)
        } catch (error) {
          fail(`decode of [${bytes.join(' ')}] throws: ${String(error)}`, { bytes: [...bytes], cause: error })
        }
      }
    }
  })
  suite.test('shows its state as plain data', () => {
    const { notPlain } = watched().observer
    if (notPlain !== undefined) fail(notPlain)
  })
}

interface Twice {
  readonly observer: Observer
  /** The first seed of which two runs were not the same. */
  readonly differs: number | undefined
}

/** Runs some seeds twice, once watched: that, too, must make no difference. What throws is another test's matter. */
function runTwice<D extends Observable>(definition: D, runOf: (definition: D) => Run, plan: SweepPlan): Twice {
  const observer = new Observer()
  const [once, again] = [runOf(definition), runOf(observer.observe(definition))]
  let compared = 0
  let differs: number | undefined
  let thrown: unknown
  for (let seed = 1; seed <= 10 * seeds && compared < seeds; seed++) {
    const options = { ...plan.run, nodes: plan.worlds[0].nodes, seed }
    try {
      if (once(options).hash !== again(options).hash) differs ??= seed
      compared++
    } catch (error) {
      thrown = error
    }
  }
  if (compared === 0) fail(`no run came to its end: ${String(thrown)}`, { cause: thrown })
  return { observer, differs }
}

/** Random bytes, or a message with an end cut off, some bits flipped or bytes added. */
function garbage(random: Random, payloads: readonly Uint8Array[]): Uint8Array {
  const noise = (length: number): number[] => Array.from({ length }, () => random.integer(0, 255))
  if (payloads.length === 0 || random.chance(0.2)) return Uint8Array.from(noise(random.integer(0, 40)))
  const payload = random.pick(payloads)
  if (random.chance(0.3)) return payload.slice(0, random.integer(0, payload.length))
  if (random.chance(0.2)) return Uint8Array.from([...payload, ...noise(random.integer(1, 8))])
  const bytes = payload.slice()
  for (let flips = random.integer(1, 4); flips > 0 && bytes.length > 0; flips--) {
    const at = random.integer(0, bytes.length - 1)
    bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7))
  }
  return bytes
}
