import { invalidOption, type ElectionDefinition, type NodeId, type Random } from '@quorate/core'
import { requestsOf, type ScheduledRequest } from '../scheduled-request.js'
import type { Plan, RunKind } from './run.js'

/**
 * The requests of an election's run: those given, or drawn ones. Users stand and resign when they like, and, where bounds do not always
 * hold, detectors accuse the innocent. `driver`: the random numbers of whoever drives the run.
 */
export function electionRequests(
  plan: Plan,
  { synchrony }: Pick<ElectionDefinition<unknown>, 'synchrony'>,
  driver: Random,
): readonly ScheduledRequest[] {
  if (plan.requests !== undefined) return plan.requests
  const { ids, chaosMs, maxDelayMs } = plan
  const random = driver.fork('requests')
  const mistaken = synchrony !== 'synchronous'
  const drawn: ScheduledRequest[] = []
  for (let atMs = 0; ;) {
    atMs += 20 * maxDelayMs * random.fraction()
    if (atMs >= chaosMs) break
    const [node, other] = random.shuffle(ids) as [NodeId, NodeId | undefined]
    const what = random.pick(['stand', 'contest', 'resign', 'accuse'] as const)
    const againMs = 2 * maxDelayMs * random.fraction()
    if (what === 'resign') drawn.push({ atMs, node, what })
    else if (what !== 'accuse') drawn.push({ atMs, node, what: 'stand' })
    else if (mistaken && other !== undefined) drawn.push({ atMs, node, what, peer: other })
    if (what === 'contest' && other !== undefined) {
      // Two candidates within the time that votes take: what was promised to one is asked for by the other.
      drawn.push({ atMs: atMs + againMs, node: other, what: 'stand' })
    }
  }
  return drawn.filter(({ atMs }) => atMs < chaosMs).sort((a, b) => a.atMs - b.atMs)
}

/** The requests of a log's run: those given, or drawn ones. Users propose and read, and now and then want another leader. */
export function logRequests(plan: Plan, driver: Random): readonly ScheduledRequest[] {
  if (plan.requests !== undefined) return plan.requests
  const { ids, chaosMs, maxDelayMs } = plan
  const random = driver.fork('requests')
  const drawn: ScheduledRequest[] = []
  // From one run to the next load varies from almost none to bursts.
  const pauseMs = maxDelayMs * (0.2 + 4 * random.fraction())
  for (let atMs = 0; ;) {
    atMs += pauseMs * random.fraction()
    if (atMs >= chaosMs) break
    const [node, other] = random.shuffle(ids) as [NodeId, NodeId | undefined]
    const draw = random.integer(0, 99)
    const count = random.integer(1, 4)
    if (draw < 60) drawn.push({ atMs, node, what: 'propose', count })
    else if (draw < 92) drawn.push({ atMs, node, what: 'read' })
    else if (draw < 94) drawn.push({ atMs, node, what: 'resign' })
    else if (other === undefined) continue
    else if (draw < 97) drawn.push({ atMs, node, what: 'transfer', to: other })
    else drawn.push({ atMs, node, what: 'accuse', peer: other })
  }
  return drawn
}

/** Throws `QUORATE_INVALID_OPTION` for a request that is not made of this kind of algorithm, or comes when faults have ceased. */
export function requireRequests(kind: RunKind, requests: readonly ScheduledRequest[], chaosMs: number): void {
  const known: readonly string[] = requestsOf[kind]
  for (const { what, atMs } of requests) {
    if (!known.includes(what)) {
      throw invalidOption(
        'requests',
        what,
        known.length === 0 ? `none: of a ${kind} nothing is asked` : `one of ${known.join(', ')}`,
      )
    }
    if (atMs > chaosMs) throw invalidOption('requests', atMs, `made before chaosMs, ${chaosMs}`)
  }
}
