import type {
  ElectionDefinition,
  NodeId,
  ReplicatedLog,
  ReplicatedLogDefinition,
  ReplicatedLogIndication,
} from '@quorate/core'
import {
  findAgreement,
  findConflict,
  runReplicatedLog,
  type ReplicatedLogRunResult,
  type ValueChange,
} from '@quorate/simulation'
import { calmDelayMs, startCalm } from './calm.js'
import { lastDivergence } from './divergence.js'
import { fail, type Suite } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/** So many runs under faults are recorded whole, and so many without. */
const seeds = 10

/** So many commands are proposed in a run without faults. */
const commandCount = 20

/**
 * The two formulas of what replicas owe each other. Over what was applied, under faults: no two nodes apply different entries at one
 * position. Over whole states, without faults: they differ while news travels, and are the same once it has.
 */
export function testLogFormulas(
  suite: Suite,
  definition: ReplicatedLogDefinition<never>,
  election: ElectionDefinition<unknown>,
  plan: SweepPlan,
): void {
  const [{ nodes }] = plan.worlds
  suite.test('consistency over applied prefixes: no two nodes apply different entries at one position', () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const run = runReplicatedLog(definition, { ...plan.run, nodes, seed, election, traceLimit: 1_000_000 })
      const conflict = findConflict(appliedIn(run))
      if (conflict !== undefined) {
        const what = `${conflict.nodes.join(' and ')} applied ${conflict.values.join(' and ')} at index ${conflict.position}`
        fail(`seed ${seed}, ${nodes} nodes: ${what}; replay: ${run.command}`, { seed, conflict })
      }
    }
  })

  let calm: readonly Calm[] | undefined
  const recorded = (): readonly Calm[] =>
    (calm ??= Array.from({ length: seeds }, (_, index) => runCalm(definition, election, plan, nodes, index + 1)))
  const each = (check: (run: Calm) => string | undefined): void => {
    for (const run of recorded()) {
      const what = check(run)
      if (what !== undefined) fail(`seed ${run.seed}, ${nodes} nodes, no faults: ${what}`, { seed: run.seed })
    }
  }
  suite.test('consensus: there are t and i such that for all j, v_i(t) = v_j(t), of a state that has applied all', () =>
    each(({ ids, changes, proposed }) => {
      const agreed = findAgreement(
        ids,
        changes.filter(({ value }) => appliedCount(value) >= proposed),
      )
      return agreed === undefined ? `at no time have all applied the same state of ${proposed} commands` : undefined
    }),
  )
  suite.test(
    'consistency, strict: v_i(t) = v_j(t) for all t from some time on, when the last has applied what came last',
    () =>
      each(({ ids, changes }) => {
        const last = lastDivergence(ids, changes)
        if (last === undefined || last.untilMs < Infinity) return undefined
        return `from ${last.atMs} ms on ${last.nodes.join(' and ')} differ, though nothing is proposed any more: ${last.values.join(' and ')}`
      }),
  )
}

function appliedIn({ trace }: ReplicatedLogRunResult): readonly ValueChange[] {
  return trace.flatMap((entry) => {
    if (entry.type !== 'indication' || entry.path !== '') return []
    const indication = entry.indication as ReplicatedLogIndication
    if (indication.type !== 'committed') return []
    return indication.entries.map(({ index, term, command }): ValueChange => {
      const value = `${term.number} ${term.id} ${command === undefined ? '' : command.join(' ')}`
      return { atMs: entry.at, node: entry.node, value, position: index }
    })
  })
}

/** A run without faults: the states of the nodes over time. */
interface Calm {
  readonly seed: number
  readonly ids: readonly NodeId[]
  readonly proposed: number
  readonly changes: readonly ValueChange[]
}

/** A state is all commands that were applied, in their order. */
function appliedCount(state: ValueChange['value']): number {
  return typeof state === 'string' ? state.split(' ').length : 0
}

function runCalm(
  definition: ReplicatedLogDefinition<never>,
  election: ElectionDefinition<unknown>,
  plan: SweepPlan,
  nodes: number,
  seed: number,
): Calm {
  const maxDelayMs = calmDelayMs(plan)
  const changes: ValueChange[] = []
  const states = new Map<NodeId, string>()
  const simulation = startCalm<ReplicatedLog<unknown>>({
    plan,
    nodes,
    seed,
    codec: definition.codec,
    tolerates: definition.tolerates,
    create: (env, members) => {
      return definition.create(env, { members, maxDelayMs, election }) as unknown as ReplicatedLog<unknown>
    },
    onIndication: (node, path, each) => {
      const indication = each as ReplicatedLogIndication
      if (path !== '' || indication.type !== 'committed') return
      for (const { command } of indication.entries) {
        if (command !== undefined) states.set(node, `${states.get(node) ?? ''} ${command.join(',')}`.trimStart())
      }
      changes.push({ atMs: simulation.now, node, value: states.get(node) })
    },
  })
  const { nodes: ids } = simulation
  const commitsWithinMs = definition.commitsWithinMs({ members: ids, maxDelayMs, election })
  simulation.run(commitsWithinMs)
  for (let count = 1; count <= commandCount; count++) {
    const node = simulation.random.pick(ids)
    simulation.request(node, `propose ${count}`, (log) => log.propose([Uint8Array.of(count)]))
    simulation.run(simulation.now + 2 * maxDelayMs * simulation.random.fraction())
  }
  simulation.run(simulation.now + commitsWithinMs)
  return { seed, ids, proposed: commandCount, changes }
}
