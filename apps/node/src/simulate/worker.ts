/** A thread of a campaign: loads the algorithm, says so, and carries out one task after the other. */
import { isQuorateError } from '@quorate/core'
import { possibleMarks, type Coverage } from '@quorate/simulation'
import { parentPort, workerData } from 'node:worker_threads'
import { loadAttacked, type LoadedAttack } from '../run/attacked.js'
import { enterOtherWorld, type Witness } from './other-world.js'
import { perform, type Ran } from './perform.js'
import type { PlannedRun } from './seeds.js'
import { shrinkRun } from './shrink-run.js'
import type { Task, TaskResult, ThreadMessage, ThreadSetup } from './task.js'

const { attacked, options, scenario, otherWorld, progress } = workerData as ThreadSetup
const [begun, place] = [0, 1]
const shared = new Int32Array(progress)
const say = (message: ThreadMessage): void => parentPort?.postMessage(message)

await refusable(async () => {
  // The module itself is to see the other world only.
  const witness = otherWorld ? enterOtherWorld() : undefined
  const attack = await loadAttacked(attacked)
  parentPort?.on('message', (task: Task) => {
    void refusable(() => say({ type: 'done', result: carryOut(task, attack, witness) }))
  })
  say({ type: 'ready' })
})

function carryOut(task: Task, attack: LoadedAttack, witness: Witness | undefined): TaskResult {
  if ('shrinks' in task) return shrinkRun(attack, attack.scenarioOf({ ...options, ...task.shrinks }), task, begins)
  return perform((planned) => run(attack, planned), task, begins, witness)
}

function begins(at: number): void {
  Atomics.store(shared, place, at)
  Atomics.add(shared, begun, 1)
}

function run(attack: LoadedAttack, { seed, nodes }: PlannedRun): Ran {
  if (scenario === undefined) {
    const result = attack.run({ ...options, nodes, seed })
    return { ...result, coverage: { ...nothing(attack), ...result.coverage } }
  }
  return { ...attack.runScenario({ ...scenario, seed }), command: undefined }
}

/** That something never happened is told, too, as long as the faults could have brought it about. */
function nothing({ definitions: { algorithm } }: LoadedAttack): Coverage {
  const marks = possibleMarks(attacked.kind, options.faults ?? algorithm.tolerates)
  return Object.fromEntries(marks.map((mark) => [mark, 0]))
}

async function refusable(action: () => void | Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (!isQuorateError(error)) throw error
    say({ type: 'refused', code: error.code, message: error.message })
  }
}
