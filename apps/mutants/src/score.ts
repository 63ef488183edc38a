import { performance } from 'node:perf_hooks'
import { editedSources } from './edits.js'
import { Control, searchMutant } from './layers/search.js'
import { testMutant } from './layers/test.js'
import { isBeyondSimulation, layers, searching, testing, type BySearch, type Layer, type Mutant } from './mutant.js'

/** How one layer did with one mutant. */
export interface Attempt {
  readonly layer: Layer
  readonly caught: boolean
  /** The property or the test that was to catch it. */
  readonly by: string
  readonly seeds?: number
  readonly seconds: number
  /** What the violation says, or what came instead. */
  readonly what: string
  /** The layer finds fault with what ships, too, by the same seeds: then it proves nothing. */
  readonly falseAlarm?: string
}

export interface Scored {
  readonly mutant: Mutant
  readonly attempts: readonly Attempt[]
  /** Why it could not be run: above all, an edit that no longer fits the sources. */
  readonly failure?: string
}

export interface Score {
  readonly mutants: number
  /** How many could not be run. */
  readonly failed: number
  /** By any layer. */
  readonly caught: number
  /** Of those that the simulator reaches, how many there are and how many it catches by itself. */
  readonly reachable: number
  readonly simulated: number
}

/** Runs every layer that is to catch each mutant, some at a time; `told` hears of each when it is done. */
export async function scoreAll(
  mutants: readonly Mutant[],
  options: { readonly jobs: number; readonly layers?: readonly Layer[]; readonly told: (scored: Scored) => void },
): Promise<readonly Scored[]> {
  const control = new Control()
  const waiting = [...mutants.entries()]
  const done: Scored[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, mutant] = next
      const scored = await scoredBy(mutant, options.layers ?? layers, control)
      done[place] = scored
      options.told(scored)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.jobs }, work))
  } finally {
    await control.close()
  }
  return done
}

/** A row that cannot be run is not caught, and says why; the others go on. */
async function scoredBy(mutant: Mutant, wanted: readonly Layer[], control: Control): Promise<Scored> {
  try {
    return { mutant, attempts: await attemptsOn(mutant, wanted, control) }
  } catch (error) {
    return { mutant, attempts: [], failure: error instanceof Error ? error.message : String(error) }
  }
}

/** Runs those of the wanted layers that are to catch a mutant. Throws when it does not fit the sources. */
export async function attemptsOn(
  mutant: Mutant,
  wanted: readonly Layer[],
  control: Control,
): Promise<readonly Attempt[]> {
  editedSources(mutant)
  const attempts: Attempt[] = []
  for (const layer of searching) {
    const search = mutant[layer]
    if (search !== undefined && wanted.includes(layer))
      attempts.push({ layer, ...(await attack(mutant, search, control)) })
  }
  for (const layer of testing) {
    const test = mutant[layer]
    if (test !== undefined && wanted.includes(layer))
      attempts.push({ layer, by: test.test, ...(await testMutant(mutant, test)) })
  }
  return attempts
}

/** An attack proves something only if it finds nothing at all in what ships, by as many seeds. */
async function attack(mutant: Mutant, search: BySearch, control: Control): Promise<Omit<Attempt, 'layer'>> {
  const startedAt = performance.now()
  const { caught, seeds, what, others } = await searchMutant(mutant, search)
  const seconds = (performance.now() - startedAt) / 1000
  const found = Object.entries(others).map(([property, runs]) => `${property} in ${runs} runs`)
  const instead = found.length === 0 ? 'nothing was found' : `found instead: ${found.join(', ')}`
  const sound = await control.search(search, seeds)
  const alarms = [...Object.keys(sound.others), ...(sound.caught ? [search.property] : [])]
  return {
    caught: caught && alarms.length === 0,
    by: search.property,
    seeds,
    seconds,
    what: what ?? instead,
    ...(alarms.length === 0 ? {} : { falseAlarm: alarms.join(', ') }),
  }
}

export function scoreOf(all: readonly Scored[]): Score {
  const by = ({ attempts }: Scored, layer?: Layer): boolean =>
    attempts.some((attempt) => attempt.caught && (layer === undefined || attempt.layer === layer))
  const reachable = all.filter(({ mutant }) => !isBeyondSimulation(mutant))
  return {
    mutants: all.length,
    failed: all.filter(({ failure }) => failure !== undefined).length,
    caught: all.filter((each) => by(each)).length,
    reachable: reachable.length,
    simulated: reachable.filter((each) => by(each, 'simulation')).length,
  }
}

/** Every mutant is caught by some layer, and of those that the simulator reaches four in five by simulation alone. */
export function suffices({ mutants, caught, reachable, simulated }: Score): boolean {
  return caught === mutants && simulated >= 0.8 * reachable
}
