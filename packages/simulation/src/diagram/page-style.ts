/** How the page looks, by light and by dark. Kinds of messages have colours that also colour-blind people tell apart (M. Okabe, K. Ito). */
export const style = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1f24; --soft: #5b6470; --line: #8b949e; --faint: #e6e9ed; --panel: #f6f8fa;
  --bad: #cf222e; --bad-soft: #ffebe9; --lead: #1a7f37; --cut: #b35900; --cut-soft: #b3590014; --late: #bf5700;
  --k0: #0072b2; --k1: #009e73; --k2: #9a5fb4; --k3: #c27c00; --k4: #3a9bd4; --k5: #c2528b; --k6: #6b7d00; --k7: #6e7781; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #0d1117; --fg: #e6edf3; --soft: #9198a1; --line: #6e7681; --faint: #21262d; --panel: #161b22;
    --bad: #ff7b72; --bad-soft: #3d1517; --lead: #3fb950; --cut: #f0883e; --cut-soft: #f0883e1a; --late: #ffa657;
    --k0: #58a6ff; --k1: #2fc39a; --k2: #c297e8; --k3: #e3b341; --k4: #79c8f2; --k5: #f08cc0; --k6: #b3c545; --k7: #9198a1; }
}
* { box-sizing: border-box }
body { margin: 0; padding: 20px 24px 40px; background: var(--bg); color: var(--fg); font: 14px/1.45 system-ui, sans-serif }
h1 { margin: 0 0 2px; font-size: 19px; font-weight: 650 }
p { margin: 4px 0 }
.subtitle, .notes { color: var(--soft); font-size: 13px; overflow-wrap: anywhere }
.subtitle { font-family: ui-monospace, monospace; font-size: 12px }
.violations { margin: 12px 0; padding: 8px 14px 8px 30px; background: var(--bad-soft); border-left: 4px solid var(--bad); border-radius: 4px }
.violations strong { color: var(--bad) }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 10px 0 0; font-size: 12.5px; color: var(--soft) }
.key { display: inline-flex; align-items: center; gap: 5px; cursor: pointer; color: var(--fg) }
.key input { margin: 0; accent-color: var(--line) }
.key i { width: 18px; height: 3px; border-radius: 2px; background: var(--kind) }
.sign b { font-weight: 600; color: var(--fg) }
.late-word { color: var(--late) }
.stage { display: flex; margin: 12px 0; overflow-x: auto; border: 1px solid var(--faint); border-radius: 8px }
.stage svg { flex: none; display: block; font: 11px system-ui, sans-serif }
.names { position: sticky; left: 0; z-index: 1; background: var(--panel); box-shadow: 1px 0 var(--faint) }
.name { fill: var(--fg); font-size: 13px; font-weight: 650 }
.grid { stroke: var(--faint) }
.gap rect { fill: var(--panel) }
.gap .tick { font-style: italic }
.tick { fill: var(--soft); text-anchor: middle; font-size: 10.5px }
.down { stroke: var(--line); stroke-dasharray: 1 5 }
.up rect { fill: var(--line) }
.leads rect { fill: var(--lead) }
.paused rect { fill: url(#hatch); stroke: var(--line); stroke-width: .5 }
.hatched { fill: var(--line) }
.fault rect { fill: var(--cut) }
.band { fill: var(--cut-soft) }
.bar rect { fill: var(--cut); opacity: .85 }
.bar.links rect { fill: var(--line); opacity: .55 }
.bar text { fill: var(--bg); font-weight: 600; font-size: 10px; pointer-events: none }
.bar.links text { fill: var(--fg) }
.k0 { --kind: var(--k0) } .k1 { --kind: var(--k1) } .k2 { --kind: var(--k2) } .k3 { --kind: var(--k3) }
.k4 { --kind: var(--k4) } .k5 { --kind: var(--k5) } .k6 { --kind: var(--k6) } .k7 { --kind: var(--k7) }
.flight path { fill: none; stroke: var(--kind); stroke-width: 1.3; stroke-linecap: round; stroke-linejoin: round }
.flight .hit { stroke: transparent; stroke-width: 9 }
.flight .cross { stroke: var(--bad); stroke-width: 1.8 }
.flight.copy .line { stroke-dasharray: 4 3 }
.flight.late .line { stroke: var(--late); stroke-width: 1.6 }
.flight.corrupted .line { stroke: var(--bad); stroke-dasharray: 1 3 }
.flight.under-way .line { stroke-dasharray: 2 3; opacity: .6 }
.flight.repeat { opacity: .22 }
.flight.repeat.lost, .flight.repeat.late { opacity: .5 }
.flight:hover, .flight.repeat:hover { opacity: 1 }
.flight:hover .line { stroke-width: 3 }
.mark * { stroke: var(--bg); stroke-width: 1; fill: var(--soft) }
.mark.timer path { fill: var(--line) }
.mark.durable circle { stroke: none; fill: var(--line) }
.mark.request path { fill: var(--k0) }
.mark.start circle { fill: var(--bg); stroke: var(--fg); stroke-width: 2 }
.mark.led circle, .mark.decided circle { fill: var(--lead) }
.mark.crash path { fill: none; stroke: var(--bad); stroke-width: 2.6; stroke-linecap: round }
.mark.struck circle { fill: var(--cut) }
.mark.report circle { fill: var(--bad) }
.label { fill: var(--soft); paint-order: stroke; stroke: var(--bg); stroke-width: 3.5px; stroke-linejoin: round; pointer-events: none }
.label.led, .label.decided { fill: var(--lead); font-weight: 650 }
.label.request { fill: var(--k0) }
.ceased line { stroke: var(--soft); stroke-width: 1 }
.ceased text { fill: var(--soft); font-style: italic; paint-order: stroke; stroke: var(--bg); stroke-width: 4px }
.label.crash, .label.report { fill: var(--bad); font-weight: 650 }
.label.struck { fill: var(--cut) }
.stem { stroke: var(--line); stroke-width: .6; opacity: .7 }
.violation line { stroke: var(--bad); stroke-width: 1.6; stroke-dasharray: 6 3 }
.violation text { fill: var(--bad); font-weight: 700; font-size: 12px; paint-order: stroke; stroke: var(--bg); stroke-width: 4px }
.tip { position: fixed; z-index: 2; max-width: min(560px, 90vw); padding: 7px 10px; white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none;
  background: var(--panel); color: var(--fg); border: 1px solid var(--line); border-radius: 6px; box-shadow: 0 4px 14px #0004; font: 12px/1.4 ui-monospace, monospace }
${Array.from({ length: 8 }, (_, index) => `.without-k${index} .flight.k${index}`).join(', ')}, .without-repeat .flight.repeat { display: none }
`

/** What the page does: tells what is pointed at, hides what is unchecked, begins where the violation is. */
export const script = `
const stage = document.querySelector('.stage')
const tip = document.querySelector('.tip')
for (const title of stage.querySelectorAll('title')) {
  title.parentNode.says = title.textContent
  title.remove()
}
stage.addEventListener('pointermove', (event) => {
  const told = event.target.closest('g')
  tip.hidden = told === null || told.says === undefined
  if (tip.hidden) return
  tip.textContent = told.says
  const { width, height } = tip.getBoundingClientRect()
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8)) + 'px'
  tip.style.top = (event.clientY + height + 20 > innerHeight ? event.clientY - height - 10 : event.clientY + 14) + 'px'
})
stage.addEventListener('pointerleave', () => { tip.hidden = true })
for (const box of document.querySelectorAll('[data-hides]')) {
  box.addEventListener('change', () => {
    for (const other of document.querySelectorAll('[data-hides="' + box.dataset.hides + '"]')) other.checked = box.checked
    stage.classList.toggle('without-' + box.dataset.hides, !box.checked)
  })
}
if (stage.dataset.x !== undefined) stage.scrollLeft = Number(stage.dataset.x) - stage.clientWidth * 0.7
`
