import type { TraceEntry } from '../trace.js'
import { colours } from './draw-flight.js'
import { script, style } from './page-style.js'
import type { Plot } from './plot.js'
import { element, escaped, time } from './svg.js'

export interface PageContent {
  readonly title: string
  readonly subtitle: string | undefined
  readonly violations: readonly Extract<TraceEntry, { readonly type: 'violation' }>[]
  /** What is left out. */
  readonly notes: readonly string[]
  readonly plot: Plot
}

/** One page that needs nothing else: no scripts, styles or pictures of other addresses. */
export function page({ title, subtitle, violations, notes, plot }: PageContent): string {
  const body = [
    element('h1', {}, escaped(title)),
    ...(subtitle === undefined ? [] : [element('p', { class: 'subtitle' }, escaped(subtitle))]),
    ...(violations.length === 0 ? [] : [element('ul', { class: 'violations' }, violations.map(violated).join(''))]),
    legend(plot.kinds),
    element('div', { class: 'stage', 'data-x': plot.violationX }, `${plot.names}\n${plot.svg}`),
    ...(notes.length === 0 ? [] : [element('p', { class: 'notes' }, escaped(`${notes.join('; ')}.`))]),
    '<div class="tip" hidden></div>',
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${body.join('\n')}
<script>${script}</script>
</body>
</html>
`
}

function violated({ property, at, what }: PageContent['violations'][number]): string {
  return element('li', {}, `<strong>${escaped(property)}</strong> ${escaped(`at ${time(at)}: ${what}`)}`)
}

/** What the colours and signs mean; a kind of message is hidden with its box. */
function legend(kinds: Plot['kinds']): string {
  const boxes = kinds.map(({ kind, count }, index) => {
    const colour = Math.min(index, colours - 1)
    const box = `<input type="checkbox" checked data-hides="k${colour}">`
    return `<label class="key k${colour}">${box}<i></i>${escaped(kind)} <small>${count}</small></label>`
  })
  const repeats = '<label class="key"><input type="checkbox" checked data-hides="repeat">repeated messages</label>'
  const signs = Object.entries(meanings).map(([sign, meaning]) => `<span class="sign"><b>${sign}</b> ${meaning}</span>`)
  return `<div class="legend">${boxes.join('\n')}${repeats}</div><div class="legend">${signs.join('\n')}</div>`
}

const meanings: Readonly<Record<string, string>> = {
  '→✕': 'lost',
  '⇢': 'second copy',
  '⟶': '<span class="late-word">late</span>',
  '◆': 'timer',
  '▼': 'request',
  '●': 'indication',
  '━': 'leads',
  '▨': 'stands still',
  '✕': 'crash',
}
