import type { ElectionIndication, NodeId } from '@quorate/core'
import type { FaultAction } from '../fault-action.js'
import type { LinkConditions } from '../network.js'
import type { TraceEntry } from '../trace.js'
import { outermostOf, type IndicationEntry } from './outermost.js'

/** Something that holds for a while; `undefined` ends: it held before the trace began, or when it ended. */
export interface Span {
  readonly fromMs: number | undefined
  toMs: number | undefined
  readonly says: string
}

export type NodeSpanKind = 'up' | 'paused' | 'leads' | 'fault'

export interface NodeSpan extends Span {
  readonly node: NodeId
  readonly kind: NodeSpanKind
}

/** What holds for a while in a run. */
export interface Spans {
  /** Of single nodes: that they run, stand still, lead, or are under a fault. */
  readonly nodes: readonly NodeSpan[]
  /** Links that are cut: both ways at once is one partition. */
  readonly cuts: readonly Span[]
  /** Conditions of all links that are not calm. */
  readonly links: readonly Span[]
}

export function spansOf(entries: readonly TraceEntry[], ids: readonly NodeId[]): Spans {
  const reader = new SpanReader(entries, ids)
  for (const entry of entries) reader.read(entry)
  return reader
}

class SpanReader implements Spans {
  readonly nodes: NodeSpan[] = []
  readonly cuts: Cut[] = []
  readonly links: Span[] = []
  readonly #outermost: (entry: IndicationEntry) => boolean

  constructor(entries: readonly TraceEntry[], ids: readonly NodeId[]) {
    this.#outermost = outermostOf(entries)
    // A node of which the trace tells anything before it starts was up when the trace began.
    for (const id of ids) {
      const first = entries.find((entry) => concerns(entry, id))
      if (first !== undefined && first.type !== 'start') this.#begin('up', id, undefined, 'runs')
    }
  }

  read(entry: TraceEntry): void {
    const { at } = entry
    switch (entry.type) {
      case 'start':
        this.#begin('up', entry.node, at, `runs, incarnation ${entry.incarnation}`)
        return
      case 'crash':
        for (const kind of ['up', 'paused', 'leads'] as const) this.#end(kind, entry.node, at)
        this.#end('fault', entry.node, at, armed)
        return
      case 'indication':
        if (this.#outermost(entry)) this.#lead(entry.node, entry.indication as Partial<ElectionIndication>, at)
        return
      case 'fault':
        this.#fault(entry.action, at)
        return
      default:
    }
  }

  #lead(node: NodeId, { type, leader, term }: Partial<ElectionIndication>, at: number): void {
    if (type !== 'leader-changed') return
    this.#end('leads', node, at)
    if (leader === node) this.#begin('leads', node, at, `leads term ${term?.number}`)
  }

  #fault(action: FaultAction, at: number): void {
    switch (action.type) {
      case 'pause':
        if (this.#open('up', action.node) !== undefined) this.#begin('paused', action.node, at, 'stands still')
        return
      case 'resume':
        this.#end('paused', action.node, at)
        return
      case 'cut':
        this.#cut(action.from, action.to, at)
        return
      case 'mend':
        this.#mend(action.from, action.to, at)
        return
      case 'heal':
        for (const cut of this.cuts) cut.toMs ??= at
        return
      case 'links':
        this.#change(action.conditions, at)
        return
      case 'omit':
        this.#toggle(action.node, at, omits(action))
        return
      case 'disk':
        this.#toggle(action.node, at, action.syncMs && `slow disk: ${action.syncMs.map(short).join(' to ')} ms`)
        return
      case 'slow':
        this.#toggle(action.node, at, action.stepMs && `slow: steps take ${action.stepMs.map(short).join(' to ')} ms`)
        return
      case 'lying-disk':
        this.#toggle(action.node, at, action.lies ? 'its disk lies' : undefined)
        return
      case 'byzantine':
        this.#toggle(action.node, at, 'Byzantine')
        return
      case 'full-disk':
        this.#toggle(action.node, at, action.full ? 'full disk' : undefined)
        return
      case 'fail-sync':
        this.#toggle(action.node, at, `${armed}: the next write fails`)
        return
      case 'crash':
        if (action.afterSends !== undefined) {
          this.#toggle(action.node, at, `${armed}: crashes after ${action.afterSends} more messages`)
        }
        return
      case 'spare':
        this.#end('fault', action.node, at, armed)
        return
      default:
    }
  }

  #cut(from: readonly NodeId[], to: readonly NodeId[], at: number): void {
    const other = this.cuts.find((cut) => cut.fromMs === at && !cut.both && same(cut.from, to) && same(cut.to, from))
    if (other !== undefined) other.both = true
    else this.cuts.push(new Cut(from, to, at))
  }

  #mend(from: readonly NodeId[], to: readonly NodeId[], at: number): void {
    const mended = this.cuts.find(
      (cut) =>
        cut.toMs === undefined &&
        ((same(cut.from, from) && same(cut.to, to)) || (cut.both && same(cut.from, to) && same(cut.to, from))),
    )
    if (mended !== undefined) mended.toMs = at
  }

  #change(conditions: Partial<LinkConditions>, at: number): void {
    const last = this.links.at(-1)
    if (last !== undefined) last.toMs ??= at
    const rates = (['loss', 'duplication', 'straggling', 'corruption'] as const).flatMap((name) => {
      const rate = conditions[name] ?? 0
      return rate === 0 ? [] : `${name} ${short(100 * rate)}%`
    })
    if (rates.length > 0) this.links.push({ fromMs: at, toMs: undefined, says: rates.join(', ') })
  }

  /** A fault of a node that begins, or, when nothing is said of it, ends. */
  #toggle(node: NodeId, at: number, says: string | undefined): void {
    const kind = says ?? ''
    this.#end('fault', node, at, kind.startsWith(armed) ? armed : undefined)
    if (says !== undefined) this.#begin('fault', node, at, says)
  }

  #begin(kind: NodeSpanKind, node: NodeId, fromMs: number | undefined, says: string): void {
    this.nodes.push({ kind, node, fromMs, toMs: undefined, says })
  }

  #end(kind: NodeSpanKind, node: NodeId, at: number, begins = ''): void {
    const span = this.#open(kind, node, begins)
    if (span !== undefined) span.toMs = at
  }

  #open(kind: NodeSpanKind, node: NodeId, begins = ''): NodeSpan | undefined {
    return this.nodes.findLast(
      (span) => span.kind === kind && span.node === node && span.toMs === undefined && span.says.startsWith(begins),
    )
  }
}

/** What waits for an occasion. */
const armed = 'armed'

class Cut implements Span {
  readonly from: readonly NodeId[]
  readonly to: readonly NodeId[]
  readonly fromMs: number
  toMs: number | undefined
  both = false

  constructor(from: readonly NodeId[], to: readonly NodeId[], fromMs: number) {
    this.from = from
    this.to = to
    this.fromMs = fromMs
  }

  get says(): string {
    return `${this.from.join(' ')} ${this.both ? '|' : '⇥'} ${this.to.join(' ')}`
  }
}

function omits({ sends = 0, receives = 0 }: Extract<FaultAction, { readonly type: 'omit' }>): string | undefined {
  const words = [
    sends > 0 ? `${short(100 * sends)}% of sends` : '',
    receives > 0 ? `${short(100 * receives)}% of receipts` : '',
  ]
  const omitted = words.filter((word) => word !== '').join(', ')
  return omitted === '' ? undefined : `omits ${omitted}`
}

/** A number with no more digits than a picture needs. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function concerns(entry: TraceEntry, id: NodeId): boolean {
  if ('node' in entry) return entry.node === id
  return (
    'from' in entry &&
    ((entry.type === 'send' && entry.from.id === id) || (entry.type === 'deliver' && entry.to === id))
  )
}

function same(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}
