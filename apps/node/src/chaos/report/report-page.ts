import { formatDuration } from '../../run/duration.js'
import type { ChaosResult } from '../chaos-run.js'
import { outageMs } from './chaos-json.js'
import { again } from './chaos-text.js'
import { escapeHtml } from './escape-html.js'
import { countOf, longestSilence, outagesOf, percentile } from './measures.js'
import { timelineSvg } from './timeline-svg.js'

/** A page that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportPage(result: ChaosResult): string {
  const { request, ranMs, history, injected, evidence, checked, revision, facts, verdict } = result
  const { target, nodes, seed } = request
  const { samples } = history
  const answered = countOf(samples, 'ok')
  const outages = outagesOf(samples, ranMs, outageMs)
  const longest = longestSilence(outages, 0, ranMs)
  const figures: readonly (readonly [string, string])[] = [
    ['answered', String(answered)],
    ['a second', String(Math.round((answered * 1_000) / ranMs))],
    ['median', formatDuration(percentile(samples, 0.5))],
    ['99%', formatDuration(percentile(samples, 0.99))],
    ['refused', String(countOf(samples, 'refused'))],
    ['not answered', String(countOf(samples, 'unknown'))],
    ['longest without an answer', longest === 0 ? `< ${outageMs} ms` : formatDuration(longest)],
    ['last revision', String(revision)],
  ]
  const title = `Chaos on ${nodes.length} nodes of ${target.name}`
  const faultRows = injected.map(({ kind, fromMs, untilMs, what, evidence: seen }) => [
    `${(fromMs / 1_000).toFixed(1)} s`,
    formatDuration(untilMs - fromMs),
    kind,
    what,
    formatSilence(longestSilence(outages, fromMs, untilMs)),
    seen ?? 'no effect was seen',
  ])
  const checkRows = checked.map(({ model, verdict: each, operations, ms }) => [
    model,
    String(operations),
    each === 'unknown' ? 'undecided' : each === 'violation' ? 'not linearizable' : each,
    formatDuration(ms),
  ])
  const failures = [...history.failures].sort(([, a], [, b]) => b - a)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<main>
<header>
<h1>${escapeHtml(title)} <span class="badge ${verdict.outcome}">${verdict.outcome}</span></h1>
<p>${formatDuration(ranMs)}, seed ${seed}. Again: <code>${escapeHtml(again(result))}</code></p>
</header>
${verdict.reasons.map(({ code, message }) => `<section class="reason"><h2>${code}</h2><pre>${escapeHtml(message)}</pre></section>`).join('\n')}
<dl class="figures">${figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>
<figure>
${timelineSvg({ samples, injected, nodes, ranMs, outageMs })}
<figcaption><span class="key answered"></span>answered <span class="key failed"></span>refused or not answered
<span class="key fault"></span>fault <span class="key outage"></span>no answer at a node <span class="key outage all"></span>no answer at all.
What a band stands for is told where the pointer rests.</figcaption>
</figure>
<h2>Faults</h2>
${table(['at', 'for', 'fault', 'whom', 'no answer', 'effect'], faultRows)}
${[...request.skipped].map(([kind, reason]) => `<p><b>Skipped:</b> ${kind}: ${escapeHtml(reason)}</p>`).join('\n')}
<h2>What the clients saw</h2>
${table(['model', 'operations', 'verdict', 'checked in'], checkRows)}
<p>Of changes that were not answered, ${evidence.tookEffect} took effect and ${evidence.without} did not, by the store's own past.
Hashes at revision ${revision}: ${escapeHtml([...facts.hashes].map(([node, hash]) => `${node} ${hash}`).join(', '))}.</p>
<h2>What clients heard of failures</h2>
${
  failures.length === 0
    ? '<p>Nothing failed.</p>'
    : table(
        ['times', 'reason'],
        failures.map(([reason, count]) => [String(count), reason]),
      )
}
</main>
</html>
`
}

function formatSilence(ms: number): string {
  return ms === 0 ? '' : formatDuration(ms)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table></div>`
}

const style = `
:root { color-scheme: light dark; --ink: #1c2330; --dim: #5d6879; --paper: #ffffff; --line: #d9dee7; --soft: #f3f5f9;
  --ok: #2f7dd1; --bad: #c9362b; --fault: #b7791f; --band: #b7791f1f; --outage: #d9837b; --good: #1f8a4c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ef; --dim: #98a3b5; --paper: #12161d; --line: #2c3442; --soft: #1a202a;
  --ok: #5aa2ee; --bad: #f0655a; --fault: #e0a94b; --band: #e0a94b22; --outage: #a8544d; --good: #45b978; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; }
p { margin: 6px 0; color: var(--dim); } code { font-size: 13px; overflow-wrap: anywhere; }
.badge { font-size: 14px; padding: 3px 10px; border-radius: 12px; color: var(--paper); vertical-align: 3px; background: var(--fault); }
.badge.passed { background: var(--good); } .badge.failed { background: var(--bad); }
.reason { border-left: 4px solid var(--bad); background: var(--soft); padding: 8px 14px; margin: 14px 0; }
.reason h2 { margin: 0; font-size: 15px; } pre { overflow-x: auto; font-size: 13px; margin: 6px 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(125px, 1fr)); gap: 10px; margin: 18px 0; }
.figures div { background: var(--soft); border-radius: 8px; padding: 8px 12px; }
dt { color: var(--dim); font-size: 13px; } dd { margin: 0; font-size: 19px; font-variant-numeric: tabular-nums; }
figure { margin: 0; } figcaption { color: var(--dim); font-size: 13px; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--dim); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--line); } .grid.time { stroke-dasharray: 2 4; }
.band { fill: var(--band); } .answered { fill: var(--ok); opacity: .85; } .failed { fill: var(--bad); }
.fault { fill: var(--fault); } .fault.none { fill: none; stroke: var(--fault); stroke-dasharray: 3 2; }
.outage { fill: var(--outage); } .outage.all { fill: var(--bad); }
.key { display: inline-block; width: 11px; height: 11px; margin: 0 4px 0 10px; vertical-align: -1px; border-radius: 2px; }
.key.answered { background: var(--ok); } .key.failed, .key.outage.all { background: var(--bad); }
.key.fault { background: var(--fault); } .key.outage { background: var(--outage); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--dim); font-weight: 600; } td { font-variant-numeric: tabular-nums; }
`
