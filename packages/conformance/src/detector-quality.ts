import type {
  FailureDetector,
  FailureDetectorDefinition,
  FailureDetectorIndication,
  FailureDetectorOptions,
  NodeId,
} from '@quorate/core'
import type { Simulation } from '@quorate/simulation'
import { calmDelayMs, startCalm } from './calm.js'
import { fail, type Suite } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/** So many seeds are measured. */
const seeds = 10

/** What was measured in one run; times are in milliseconds. */
interface Measured {
  readonly seed: number
  readonly contractMs: number
  /** Suspicions of nodes that were alive and reachable. */
  readonly mistakes: number
  /** From a crash until each other node suspects: T_D. `Infinity`: it never did. */
  readonly detectionMs: readonly number[]
  /** From when a cut is mended until each of the two trusts the other again: the end of a mistake, of T_M. */
  readonly restoreMs: readonly number[]
  /** How the level of suspicion contradicted the verdict or itself; `undefined`: it did not. */
  readonly level: string | undefined
  /** How the indications contradicted the verdicts. */
  readonly untold: string | undefined
}

/**
 * The quality of a detector where it can be had: no clock is wrong and no message late.
 *
 * W. Chen, S. Toueg and M. Aguilera, "On the quality of service of failure detectors", IEEE Transactions on Computers 51(5), 2002.
 */
export function testQuality<M>(suite: Suite, definition: FailureDetectorDefinition<M>, plan: SweepPlan): void {
  const { nodes } = plan.worlds.find((world) => world.nodes > 1) ?? { nodes: 2 }
  let runs: readonly Measured[] | undefined
  const measured = (): readonly Measured[] =>
    (runs ??= Array.from({ length: seeds }, (_, index) => measure(definition, plan, nodes, index + 1)))
  const none = (find: (run: Measured) => string | undefined): void => {
    for (const each of measured()) {
      const what = find(each)
      if (what !== undefined) fail(`seed ${each.seed}, ${nodes} nodes, nothing late: ${what}`, { seed: each.seed })
    }
  }
  const late = (what: string, timesMs: readonly number[], contractMs: number): string | undefined => {
    const worstMs = Math.max(0, ...timesMs)
    return worstMs <= contractMs ? undefined : `${what} took ${worstMs} ms, and the contract is ${contractMs} ms`
  }

  suite.test('detection time: T_D keeps to the contract', () =>
    none(({ detectionMs, contractMs }) => late('detection', detectionMs, contractMs)),
  )
  suite.test('query accuracy: while nothing is late nobody is suspected, so that P_A is 1 and T_MR has no end', () =>
    none(({ mistakes }) => (mistakes === 0 ? undefined : `${mistakes} suspicions of nodes that are alive`)),
  )
  suite.test('mistake duration: T_M ends soon after the peer is heard again', () =>
    none(({ restoreMs, contractMs }) => late('taking a suspicion back', restoreMs, contractMs)),
  )
  suite.test('the level rises with silence, and is at least 1 when a silent peer is suspected', () =>
    none(({ level }) => level),
  )
  suite.test('indicates every verdict, and that it is taken back', () => none(({ untold }) => untold))
}

function measure<M>(definition: FailureDetectorDefinition<M>, plan: SweepPlan, nodes: number, seed: number): Measured {
  const maxDelayMs = calmDelayMs(plan)
  const heartbeatIntervalMs = 10 * maxDelayMs
  const options = { heartbeatIntervalMs, detectionTimeMs: 10 * heartbeatIntervalMs }
  const run = new QualityRun(definition, options, plan, nodes, seed)
  const { simulation } = run
  simulation.run(simulation.now + 30 * heartbeatIntervalMs)
  const mistakes = run.suspicions
  const contractMs = options.detectionTimeMs + maxDelayMs

  // Two lose each other and find each other again: in between each is right to suspect the other.
  const [one, other] = simulation.random.shuffle(simulation.nodes) as [NodeId, NodeId]
  const pair = [one, other] as const
  for (const node of pair) simulation.apply({ type: 'cut', from: [node], to: pair })
  simulation.run(simulation.now + 2 * contractMs)
  simulation.apply({ type: 'heal' })
  const restoreMs = run.until(contractMs, () => [
    simulation.root(one).verdict(other) === undefined,
    simulation.root(other).verdict(one) === undefined,
  ])
  simulation.run(simulation.now + 20 * heartbeatIntervalMs * simulation.random.fraction())

  const dead = simulation.nodes[seed % nodes] as NodeId
  simulation.apply({ type: 'crash', node: dead })
  run.watchLevels(dead, simulation.now + maxDelayMs)
  const { live } = simulation
  const detectionMs = run.until(2 * contractMs, () => live.map((id) => simulation.root(id).verdict(dead) !== undefined))
  return { seed, contractMs, mistakes, detectionMs, restoreMs, level: run.level, untold: run.untold() }
}

class QualityRun {
  readonly simulation: Simulation<FailureDetector<unknown>>
  suspicions = 0
  level: string | undefined
  readonly #told = new Map<NodeId, Set<NodeId>>()
  #dead: NodeId | undefined
  #silentFromMs = 0
  readonly #levels = new Map<NodeId, number>()

  constructor(
    definition: FailureDetectorDefinition<unknown>,
    options: Omit<FailureDetectorOptions, 'members'>,
    plan: SweepPlan,
    nodes: number,
    seed: number,
  ) {
    this.simulation = startCalm<FailureDetector<unknown>>({
      plan,
      nodes,
      seed,
      codec: definition.codec as never,
      tolerates: definition.tolerates,
      create: (env, members) => definition.create(env as never, { members, ...options }),
      onIndication: (node, path, indication) => {
        if (path === '') this.#indicated(node, indication as FailureDetectorIndication)
      },
    })
  }

  /** Waits until all are true, looking a thousand times; returns when each became so, `Infinity` for what did not. */
  until(withinMs: number, state: () => readonly boolean[]): readonly number[] {
    const { simulation } = this
    const sinceMs = simulation.now
    const times = state().map(() => Infinity)
    for (;;) {
      this.#checkLevels()
      state().forEach((reached, index) => {
        if (reached && times[index] === Infinity) times[index] = simulation.now - sinceMs
      })
      if (!times.includes(Infinity) || simulation.now - sinceMs > withinMs) return times
      simulation.run(simulation.now + withinMs / 1000)
    }
  }

  /** Whose levels only rise from then on, since nothing comes from it any more. */
  watchLevels(dead: NodeId, silentFromMs: number): void {
    this.#dead = dead
    this.#silentFromMs = silentFromMs
  }

  #checkLevels(): void {
    const dead = this.#dead
    if (dead === undefined || this.simulation.now < this.#silentFromMs) return
    for (const id of this.simulation.live) {
      const root = this.simulation.root(id)
      const [level, verdict] = [root.level(dead), root.verdict(dead)]
      const before = this.#levels.get(id) ?? 0
      this.#levels.set(id, level)
      if (level < before) this.level ??= `${id}'s level of ${dead}, which is silent, fell from ${before} to ${level}`
      if (verdict === 'silent' && level < 1) this.level ??= `${id} suspects ${dead} at level ${level}`
    }
  }

  untold(): string | undefined {
    const { simulation } = this
    for (const id of simulation.live) {
      for (const peer of simulation.nodes) {
        const [told, holds] = [this.#told.get(id)?.has(peer) === true, simulation.root(id).verdict(peer) !== undefined]
        if (told === holds || peer === id) continue
        return holds ? `${id} suspects ${peer} and never said so` : `${id} trusts ${peer} and never took it back`
      }
    }
    return undefined
  }

  #indicated(node: NodeId, indication: FailureDetectorIndication): void {
    if (indication.type === 'unsure') return
    let told = this.#told.get(node)
    if (told === undefined) this.#told.set(node, (told = new Set()))
    if (indication.type === 'restore') told.delete(indication.peer)
    else {
      told.add(indication.peer)
      this.suspicions++
    }
  }
}
