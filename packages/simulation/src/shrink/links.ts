import type { ScheduledFault } from '../fault-action.js'
import type { Scenario } from '../scenario/scenario.js'

/** Whether a scenario says how links are from the beginning. Left to themselves they are calm, but keep no order. */
export function saysLinks({ schedule }: Scenario): boolean {
  return schedule.some(({ atMs, action }) => atMs === 0 && action.type === 'links')
}

/**
 * The scenario with links that are no worse than it says faults are: where nothing is said of them, and messages must not overtake each
 * other, or take as long as they usually may, they are told so.
 */
export function withinModel(scenario: Scenario): Scenario {
  const { faults, maxDelayMs, schedule } = scenario
  if (saysLinks(scenario) || (faults.includes('reordering') && maxDelayMs >= 1)) return scenario
  const conditions = { minDelayMs: maxDelayMs / 10, maxDelayMs, ordered: !faults.includes('reordering') }
  const plain: ScheduledFault = { atMs: 0, action: { type: 'links', conditions } }
  return { ...scenario, schedule: [plain, ...schedule] }
}
