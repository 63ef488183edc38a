import type { Election, ElectionDefinition, ElectionIndication, NodeId } from '@quorate/core'
import type { Simulation } from '@quorate/simulation'
import { calmDelayMs, startCalm } from './calm.js'
import { Observer } from './observer.js'
import { fail, type Suite } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/** So many seeds are watched at rest. */
const seeds = 5

/** What is owed when nothing happens: a leader stays, is told of, and costs no more than was declared. */
export function testAtRest<M>(suite: Suite, definition: ElectionDefinition<M>, plan: SweepPlan): void {
  const [{ nodes }] = plan.worlds
  let rests: readonly Rest[] | undefined
  const watched = (): readonly Rest[] =>
    (rests ??= Array.from({ length: seeds }, (_, index) => rest(definition, plan, nodes, index + 1)))
  const none = (find: (rest: Rest) => string | undefined): void => {
    for (const each of watched()) {
      const what = find(each)
      if (what !== undefined) fail(`seed ${each.seed}, ${nodes} nodes, no faults: ${what}`, { seed: each.seed })
    }
  }

  suite.test('stability: while nothing fails the leader stays', () => none(({ changed }) => changed))
  suite.test('indicates every change of the leader', () => none(({ untold }) => untold))
  suite.test('stores no more while nothing changes', () => none(({ grown }) => grown))
  const bound = definition.worstCaseMessages
  if (bound === undefined) {
    suite.skip('message complexity', `${definition.name} declares no worst case`)
    return
  }
  suite.test('message complexity: a start of all nodes at once costs no more than the declared worst case', () => {
    for (const { nodes: size } of plan.worlds) {
      for (let seed = 1; seed <= 4 * seeds; seed++) {
        const { messages } = start(definition, plan, size, seed)
        if (messages > bound(size)) {
          fail(`seed ${seed}: ${size} nodes sent ${messages} messages until all agreed; ${bound(size)} are declared`)
        }
      }
    }
  })
}

/** What was seen of a cluster at rest; `undefined` where all was well. */
interface Rest {
  readonly seed: number
  readonly changed: string | undefined
  readonly untold: string | undefined
  readonly grown: string | undefined
}

interface Started {
  readonly simulation: Simulation<Election<unknown>>
  readonly told: ReadonlyMap<NodeId, ElectionIndication>
  readonly agreesWithinMs: number
  /** Between different nodes, until all named the same leader, and what was under way then. */
  readonly messages: number
}

function start<M>(definition: ElectionDefinition<M>, plan: SweepPlan, nodes: number, seed: number): Started {
  const maxDelayMs = calmDelayMs(plan)
  const told = new Map<NodeId, ElectionIndication>()
  const simulation = startCalm<Election<unknown>>({
    plan,
    nodes,
    seed,
    codec: definition.codec as never,
    tolerates: definition.tolerates,
    create: (env, members) => definition.create(env as never, { members, maxDelayMs }) as Election<unknown>,
    onIndication: (node, path, indication) => {
      if (path === '') told.set(node, indication as ElectionIndication)
    },
    traceLimit: 20_000,
  })
  const agreesWithinMs = definition.agreesWithinMs({ members: simulation.nodes, maxDelayMs })
  if (!agreed(simulation)) simulation.run(agreesWithinMs, () => agreed(simulation))
  simulation.run(simulation.now + 3 * maxDelayMs)
  const messages = simulation.trace.filter((entry) => entry.type === 'send' && entry.from.id !== entry.to).length
  return { simulation, told, agreesWithinMs, messages }
}

function agreed(simulation: Simulation<Election<unknown>>): boolean {
  const [first, ...others] = simulation.nodes.map((id) => simulation.root(id).leader)
  return first !== undefined && others.every((leader) => leader === first)
}

function rest<M>(definition: ElectionDefinition<M>, plan: SweepPlan, nodes: number, seed: number): Rest {
  const observer = new Observer()
  const { simulation, told, agreesWithinMs } = start(
    observer.observe(definition as ElectionDefinition<never>),
    plan,
    nodes,
    seed,
  )
  const leaders = (): string => simulation.nodes.map((id) => `${id} names ${simulation.root(id).leader}`).join(', ')
  const stored = (): number => simulation.nodes.reduce((sum, id) => sum + observer.storedBytes(id), 0)
  const untold = simulation.nodes.find((id) => told.get(id)?.leader !== simulation.root(id).leader)
  const [leadersBefore, storedBefore] = [leaders(), stored()]
  let changed: string | undefined
  for (let round = 0; round < 40; round++) {
    simulation.run(simulation.now + agreesWithinMs / 2)
    const now = leaders()
    if (now !== leadersBefore) changed ??= `first ${leadersBefore}, then ${now}`
  }
  const storedAfter = stored()
  return {
    seed,
    changed,
    untold:
      untold === undefined
        ? undefined
        : `${untold} names ${simulation.root(untold).leader} and has indicated ${told.get(untold)?.leader}`,
    grown: storedAfter > storedBefore ? `what is stored grew from ${storedBefore} to ${storedAfter} bytes` : undefined,
  }
}
