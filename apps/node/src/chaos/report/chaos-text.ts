import { join } from 'node:path'
import { formatDuration } from '../../run/duration.js'
import { renderTable, type Paint } from '../../status/table.js'
import type { ChaosResult } from '../chaos-run.js'
import { outageMs } from './chaos-json.js'
import { countOf, longestSilence, outagesOf, percentile } from './measures.js'

/** What came of a run, for people. */
export function chaosText(result: ChaosResult, out: string, paint: Paint): string {
  const { request, ranMs, history, injected, evidence, checked, revision, facts, verdict } = result
  const { samples } = history
  const outages = outagesOf(samples, ranMs, outageMs)
  const rows = injected.map(({ kind, fromMs, untilMs, what, evidence: seen }) => [
    `${(fromMs / 1_000).toFixed(1)} s`,
    formatDuration(untilMs - fromMs),
    kind,
    silenceText(longestSilence(outages, fromMs, untilMs)),
    what,
    seen ?? { text: 'NO EFFECT WAS SEEN', style: 'yellow' as const },
  ])
  const mark = (holds: boolean): string => (holds ? paint('green', '✓') : paint('red', '✗'))
  const undecided = paint('yellow', '?')
  const same = new Set(facts.hashes.values()).size === 1 && facts.hashes.size === request.nodes.length
  return [
    '',
    renderTable([['AT', 'FOR', 'FAULT', 'NO ANSWER', 'WHOM', 'EFFECT'], ...rows], paint).trimEnd(),
    paint(
      'dim',
      `No answer: the longest time that overlaps the fault without an answer at any node, if above ${outageMs} ms.`,
    ),
    ...[...request.skipped].map(([kind, reason]) => `  ${paint('yellow', 'skipped')}: ${kind}: ${reason}`),
    '',
    `  · ${countOf(samples, 'ok')} requests were answered in ${formatDuration(ranMs)}, half of them in ${formatDuration(percentile(samples, 0.5))}, 99% in ${formatDuration(percentile(samples, 0.99))}.`,
    `  · ${countOf(samples, 'refused')} were refused, ${countOf(samples, 'unknown')} not answered; of changes among these, ${evidence.tookEffect} took effect and ${evidence.without} did not.`,
    ...checked.map(
      ({ model, verdict: each, operations, ms }) =>
        `  ${each === 'unknown' ? undecided : mark(each === 'linearizable')} ${operations} operations as ${model}: ${each === 'unknown' ? 'undecided' : each === 'linearizable' ? 'linearizable' : 'not linearizable'} (${formatDuration(ms)})`,
    ),
    `  ${mark(same)} replicas: ${same ? `all ${request.nodes.length} nodes hold the same` : 'the nodes do not hold the same'} at revision ${revision}, by hash`,
    '',
    ...verdict.reasons.map(({ code, message }) => `${code}: ${message}`),
    verdict.outcome === 'passed'
      ? `${paint('green', 'Passed')}: what the clients saw is linearizable, and nothing is lost.`
      : `${paint('red', verdict.outcome === 'failed' ? 'Failed' : 'Inconclusive: this run proves nothing')}.`,
    `The report is ${join(out, 'report.html')}. Again: ${again(result)}`,
  ].join('\n')
}

function silenceText(ms: number): string {
  return ms === 0 ? '' : formatDuration(ms)
}

/** The command that draws the same faults and requests. When they meet what is up to the machine. */
export function again({ request }: ChaosResult): string {
  const { target, nodes, seed, durationMs, faults, workloads } = request
  return `quorate chaos --target ${target.name} --nodes ${nodes.length} --seed ${seed} --seconds ${durationMs / 1_000} --workload ${workloads.join(',')} --faults ${faults.join(',')}`
}
