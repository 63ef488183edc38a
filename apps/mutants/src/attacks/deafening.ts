import { seededRandom, type NodeId } from '@quorate/core'
import { nodeIds, type ScheduledFault } from '@quorate/simulation'

/**
 * One node goes deaf for good and is heard by all, about when it stands, leads, or starts again, while somebody else crashes: the others
 * must not wait for it. A schedule that does not know when comes to that in few runs of a thousand.
 */
export function deafening(nodes: number, seed: number): readonly ScheduledFault[] {
  const random = seededRandom(seed).fork('deafening')
  const [deaf, ...others] = random.shuffle(nodeIds(nodes)) as [NodeId, ...NodeId[]]
  const atMs = 100 + 300 * random.fraction()
  const about = (): number => atMs + 60 * (random.fraction() - 0.5)
  const crash = (node: NodeId): ScheduledFault => {
    const restartAfterMs = 1 + 80 * random.fraction() * random.fraction()
    return { atMs: about(), action: { type: 'crash', node, restartAfterMs } }
  }
  const faults: ScheduledFault[] = [
    { atMs: 0, action: { type: 'links', conditions: { maxDelayMs: 9, straggling: 0.3 * random.fraction() } } },
    { atMs, action: { type: 'cut', from: others, to: [deaf], forGood: deaf } },
    crash(random.pick(others)),
  ]
  if (random.chance(0.5)) faults.push(crash(deaf))
  return faults.sort((a, b) => a.atMs - b.atMs)
}
