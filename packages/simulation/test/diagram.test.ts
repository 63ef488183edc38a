import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { drawDiagram, runElection, type DiagramOptions, type RunOptions, type TraceEntry } from '../src/index.js'
import { raftElection } from './support/raft-election.js'
import * as wrong from './wrong-algorithms.js'

interface Drawn {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** What it tells who points at it. */
  readonly title: string
  readonly text: string
}

const codecOf: DiagramOptions['codecOf'] = (channel) => (channel === '' ? raftElection.codec : undefined)

/** The elements of both pictures of a page. Throws for what is not well-formed XML. */
function drawn(page: string): readonly Drawn[] {
  const pictures = page.match(/<svg(?:[^>]*\/>|[^]*?<\/svg>)/g) ?? []
  expect(pictures).toHaveLength(2)
  return pictures.flatMap((svg) => {
    const elements: { -readonly [Key in keyof Drawn]: Drawn[Key] }[] = []
    const open: (typeof elements)[number][] = []
    const parser = new SaxesParser()
    parser.on('error', (error) => {
      throw error
    })
    parser.on('opentag', ({ name, attributes }) => {
      const element = { name, attributes, title: '', text: '' }
      elements.push(element)
      open.push(element)
    })
    parser.on('text', (text) => {
      const [parent, element] = open.slice(-2)
      if (element?.name === 'title' && parent !== undefined) parent.title += text
      else if (element !== undefined) element.text += text
    })
    parser.on('closetag', () => void open.pop())
    parser.write(svg).close()
    return elements
  })
}

const having = (elements: readonly Drawn[], ...classes: readonly string[]): readonly Drawn[] =>
  elements.filter(({ attributes }) => {
    const names = (attributes['class'] ?? '').split(' ')
    return classes.every((name) => names.includes(name))
  })

function traced(seed: number, options: Partial<RunOptions> = {}) {
  return runElection(raftElection, { nodes: 3, seed, chaosMs: 300, traceLimit: 100_000, ...options })
}

const between = (trace: readonly TraceEntry[], type: 'send' | 'deliver' | 'lose') =>
  trace.flatMap((entry) =>
    entry.type === type && entry.from.id !== entry.to ? { from: entry.from.id, to: entry.to, at: entry.at } : [],
  )

const byTime = (a: { readonly at: number }, b: { readonly at: number }): number => a.at - b.at

/** Where and when the arrows of some classes end. */
const ends = (elements: readonly Drawn[], ...classes: readonly string[]) =>
  having(elements, 'flight', ...classes)
    .map(({ attributes }) => ({
      from: attributes['data-from'],
      to: attributes['data-to'],
      at: Number(attributes['data-ended']),
    }))
    .sort(byTime)

const all = { maxEntries: 100_000, codecOf }

describe('a diagram', { timeout: 60_000 }, () => {
  it('has an arrow for every message and every copy, from where it was sent to where it arrived or was lost', () => {
    const seeds = [1, 2, 3, 4, 5, 6]
    const seen = new Set<string>()
    for (const seed of seeds) {
      const { trace } = traced(seed, { faults: ['loss', 'duplication', 'crash-recovery', 'delay', 'corruption'] })
      const elements = drawn(drawDiagram(trace, all))
      const flights = having(elements, 'flight')
      const lost = ends(elements, 'lost')
      const arrived = ends(flights.filter((flight) => !['lost', 'under-way'].some((name) => having([flight], name)[0])))
      expect(lost).toEqual(between(trace, 'lose').sort(byTime))
      expect(arrived).toEqual(between(trace, 'deliver').sort(byTime))
      const sends = new Set(between(trace, 'send').map(({ from, to, at }) => `${from} ${to} ${at}`))
      for (const { attributes } of flights) {
        expect(sends).toContain(`${attributes['data-from']} ${attributes['data-to']} ${attributes['data-sent']}`)
        expect(Number(attributes['data-ended'] ?? Infinity)).toBeGreaterThanOrEqual(Number(attributes['data-sent']))
        for (const name of attributes['class']?.split(' ') ?? []) seen.add(name)
      }
    }
    for (const name of ['lost', 'copy', 'late', 'corrupted', 'repeat', 'under-way']) expect(seen).toContain(name)
  })

  it('interrupts the line of a node that is down, and shows where it stands still and leads', () => {
    const schedule = [
      { atMs: 60, action: { type: 'crash', node: 'n2', restartAfterMs: 50 } },
      { atMs: 150, action: { type: 'pause', node: 'n3' } },
      { atMs: 200, action: { type: 'resume', node: 'n3' } },
    ] as const
    const requests = [{ atMs: 20, node: 'n1', what: 'stand' }] as const
    const elements = drawn(
      drawDiagram(traced(1, { faults: ['crash-recovery', 'pause'], schedule, requests }).trace, all),
    )
    const titles = (name: string): readonly string[] => having(elements, name).map(({ title }) => title)
    expect(titles('up').filter((title) => title.startsWith('n2'))).toEqual([
      'n2 runs, incarnation 1\nfrom 0.000 ms to 60.000 ms',
      'n2 runs, incarnation 2\nfrom 110.000 ms on',
    ])
    expect(titles('paused')).toEqual(['n3 stands still\nfrom 150.000 ms to 200.000 ms'])
    expect(titles('leads').some((title) => title.startsWith('n1 leads term'))).toBe(true)
    expect(having(elements, 'mark', 'crash')).toHaveLength(1)
    expect(having(elements, 'label', 'crash').map(({ text }) => text)).toEqual(['crashes'])
    expect(having(elements, 'label', 'request').map(({ text }) => text)).toContain('stand')
    expect(having(elements, 'label', 'led').length).toBeGreaterThan(0)
  })

  it('shows partitions and conditions of links as bands, for as long as they last', () => {
    const schedule = [
      { atMs: 0, action: { type: 'links', conditions: { loss: 0.25 } } },
      { atMs: 50, action: { type: 'cut', from: ['n1'], to: ['n2', 'n3'] } },
      { atMs: 50, action: { type: 'cut', from: ['n2', 'n3'], to: ['n1'] } },
      { atMs: 90, action: { type: 'cut', from: ['n3'], to: ['n2'] } },
      { atMs: 120, action: { type: 'mend', from: ['n1'], to: ['n2', 'n3'] } },
      { atMs: 120, action: { type: 'mend', from: ['n2', 'n3'], to: ['n1'] } },
    ] as const
    const elements = drawn(drawDiagram(traced(1, { schedule }).trace, all))
    expect(having(elements, 'bar', 'cut').map(({ title }) => title)).toEqual([
      'n1 | n2 n3\nfrom 50.000 ms to 120.000 ms',
      'n3 ⇥ n2\nfrom 90.000 ms to 300.000 ms',
    ])
    expect(having(elements, 'bar', 'links').map(({ title }) => title)).toEqual([
      'loss 25%\nfrom 0.000 ms to 300.000 ms',
    ])
    expect(having(elements, 'band')).toHaveLength(2)
    expect(having(elements, 'ceased')).toHaveLength(1)
  })

  it('marks what was violated, where, and says it above the picture', () => {
    const { trace, violations } = runElection(wrong.allLead, { nodes: 3, seed: 1, faults: [], traceLimit: 10_000 })
    const page = drawDiagram(trace)
    const marked = having(drawn(page), 'violation').map(({ title }) => title)
    expect(marked).toEqual(
      violations.map(({ property, atMs, what }) => `${property} at ${atMs.toFixed(3)} ms\n${what}`),
    )
    for (const { property, what } of violations) {
      expect(page).toContain(`<li><strong>${property}</strong>`)
      expect(page).toContain(what)
    }
  })

  it('tells messages of the same bytes apart by their order, also in a trace that was read back', () => {
    const message = { from: { id: 'n1', incarnation: 1 }, to: 'n2', channel: '' }
    const trace = ([1, 2, 3, 4] as const).map((at): TraceEntry => {
      return { at, type: at <= 2 ? 'send' : 'deliver', ...message, payload: Uint8Array.of(7) }
    })
    const flights = having(drawn(drawDiagram(trace)), 'flight').map(({ attributes }) => [
      attributes['data-sent'],
      attributes['data-ended'],
    ])
    // Repeats are drawn first, beneath the others.
    expect(flights).toEqual([
      ['2', '4'],
      ['1', '3'],
    ])
  })

  it('says once what a protocol passes on from one beneath it', () => {
    const indication = { type: 'leader-changed', leader: 'n1', term: { number: 3, id: '' } }
    const said = (...paths: string[]) => {
      const trace = paths.map((path): TraceEntry => ({ at: 1, type: 'indication', node: 'n1', path, indication }))
      const elements = drawn(drawDiagram(trace, { nodes: ['n1'] }))
      return ['label', 'detail', 'leads'].map((name) => having(elements, name).length)
    }
    expect(said('election', '')).toEqual([1, 1, 1])
    expect(said('election')).toEqual([1, 0, 1])
  })

  it('tells what messages say, decoded where their codec is known', () => {
    const { trace } = traced(1)
    const decoded = having(drawn(drawDiagram(trace, all)), 'flight').map(({ title }) => title)
    expect(decoded.some((title) => title.includes('"type":"vote"'))).toBe(true)
    const bytes = having(drawn(drawDiagram(trace)), 'flight').map(({ title }) => title)
    expect(bytes.every((title) => /\n(0x|[\x20-\x7e]*$)/.test(title))).toBe(true)
    expect(bytes.join('')).not.toContain('"type"')
  })

  it('is the same page for the same seed, and needs nothing of any other address', () => {
    const page = drawDiagram(traced(5).trace, all)
    expect(drawDiagram(traced(5).trace, all)).toBe(page)
    expect(drawDiagram(traced(6).trace, all)).not.toBe(page)
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /https?:|\ssrc=|<link|@import|url\((?!#)/,
    )
  })

  it('shows any text as text, whatever stands in it', () => {
    const evil = `</title></svg></style><script>alert(1)</script>]]>&amp;"'\u0000\u001b[31m\ud800\uffff`
    const shown = `</title></svg></style><script>alert(1)</script>]]>&amp;"'\ufffd\ufffd[31m\ufffd\ufffd`
    const from = { id: `n1${evil}`, incarnation: 1 }
    const payload = Uint8Array.from(evil, (character) => character.charCodeAt(0) & 0xff)
    const message = { from, to: 'n2', channel: evil, payload }
    const trace: readonly TraceEntry[] = [
      { at: 0, type: 'start', node: from.id, incarnation: 1 },
      { at: 0, type: 'start', node: 'n2', incarnation: 1 },
      { at: 1, type: 'request', node: 'n2', what: evil },
      { at: 2, type: 'send', ...message },
      { at: 3, type: 'deliver', ...message },
      { at: 3, type: 'timeout', node: 'n2', path: evil, timer: evil },
      { at: 4, type: 'indication', node: 'n2', path: '', indication: { type: 'decide', value: evil } },
      { at: 5, type: 'indication', node: 'n2', path: '', indication: { type: evil } },
      { at: 6, type: 'fault', action: { type: 'cut', from: [from.id], to: ['n2'] } },
      { at: 7, type: 'violation', property: evil, what: evil },
    ]
    const page = drawDiagram(trace, { title: evil, subtitle: evil })
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page.match(/<\/svg>/g)).toHaveLength(2)
    const texts = drawn(page).flatMap(({ text, title }) => [text, title])
    for (const text of [`n1${shown}`, shown, `decides ${shown}`]) expect(texts).toContain(text)
  })

  it.each([
    ['nothing', []],
    ['one entry', [{ at: 5, type: 'start', node: 'n1', incarnation: 1 }]],
    ['no node', [{ at: 5, type: 'fault', action: { type: 'heal' } }]],
  ] satisfies [string, readonly TraceEntry[]][])('can be drawn of %s', (_, trace) => {
    expect(drawn(drawDiagram(trace)).length).toBeGreaterThan(0)
  })

  it('draws no more than it may: what led to the violation, and says what is left out', () => {
    const options = { nodes: 5, seed: 3, traceLimit: 100_000, chaosMs: 3000 }
    const { trace } = runElection(raftElection, options)
    const violated: readonly TraceEntry[] = [
      ...trace.filter(({ at }) => at <= 1500),
      { at: 1500, type: 'violation', property: 'one-leader-per-term', what: 'two lead' },
      ...trace.filter(({ at }) => at > 1500),
    ]
    const page = drawDiagram(violated, { codecOf, maxEntries: 200 })
    const elements = drawn(page)
    expect(having(elements, 'violation')).toHaveLength(1)
    const flights = having(elements, 'flight').length
    expect(flights).toBeGreaterThan(50)
    expect(flights).toBeLessThanOrEqual(260) // those under way at its ends, too
    expect(page).toMatch(/\d+ earlier entries of the trace are left out; \d+ later entries/)
    expect(drawDiagram(trace, { codecOf, maxEntries: 200 })).toMatch(/<p class="notes">\d+ later entries/)
    const ticks = elements
      .filter(({ attributes }) => attributes['class'] === 'tick')
      .map(({ text }) => parseFloat(text))
    expect(Math.min(...ticks)).toBeGreaterThan(500)
    expect(Math.max(...ticks)).toBeLessThan(2500)
  })

  it('cuts a long pause short, and says how long it is', () => {
    const at = [...Array.from({ length: 30 }, (_, index) => index / 3), 1000]
    const trace = at.map((ms): TraceEntry => ({ at: ms, type: 'timeout', node: 'n1', path: '', timer: 'beat' }))
    const [gap, ...more] = having(drawn(drawDiagram(trace)), 'gap')
    expect(gap?.title).toBe('nothing happens for 990 ms')
    expect(more).toEqual([])
  })

  it('draws the part that is asked for', () => {
    const elements = drawn(drawDiagram(traced(1).trace, { ...all, fromMs: 100, toMs: 150 }))
    for (const { attributes } of having(elements, 'flight')) {
      expect(Number(attributes['data-sent'])).toBeLessThanOrEqual(150)
      expect(Number(attributes['data-ended'] ?? 150)).toBeGreaterThanOrEqual(100)
    }
    expect(having(elements, 'flight').length).toBeGreaterThan(0)
  })
})
