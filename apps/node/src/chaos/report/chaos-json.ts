import type { ChaosResult } from '../chaos-run.js'
import { countOf, outagesOf, percentile } from './measures.js'

/** A gap in answers that is told of: longer than what a busy machine and a slow sync make. */
export const outageMs = 500

/** What `--json` prints. Times are in milliseconds, from the begin of the run where they are points. */
export function chaosJson({
  request,
  ranMs,
  history,
  injected,
  evidence,
  checked,
  revision,
  facts,
  verdict,
}: ChaosResult): object {
  const { samples } = history
  const round = (ms: number): number => Math.round(ms * 10) / 10
  return {
    ...verdict,
    target: request.target.name,
    nodes: request.nodes.length,
    seed: request.seed,
    ranMs: Math.round(ranMs),
    revision,
    requests: {
      answered: countOf(samples, 'ok'),
      refused: countOf(samples, 'refused'),
      unknown: countOf(samples, 'unknown'),
      unknownThatTookEffect: evidence.tookEffect,
      byWorkload: facts.answered,
      p50Ms: round(percentile(samples, 0.5)),
      p99Ms: round(percentile(samples, 0.99)),
    },
    failures: Object.fromEntries([...history.failures].sort(([, a], [, b]) => b - a)),
    faults: injected.map(({ fromMs, untilMs, ...rest }) => ({
      fromMs: round(fromMs),
      untilMs: round(untilMs),
      ...rest,
    })),
    skipped: Object.fromEntries(request.skipped),
    outages: outagesOf(samples, ranMs, outageMs).map(({ fromMs, untilMs }) => ({
      fromMs: round(fromMs),
      untilMs: round(untilMs),
    })),
    checked: checked.map((each) => ({ ...each, ms: Math.round(each.ms) })),
    hashes: Object.fromEntries(facts.hashes),
  }
}
