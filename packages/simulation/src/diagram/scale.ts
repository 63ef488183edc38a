/** Where times and nodes are in the picture, in pixels. */
export interface Scale {
  readonly width: number
  /** Between the lines of two nodes. */
  readonly rowHeight: number
  readonly fromMs: number
  readonly toMs: number
  x(ms: number): number
}

const margin = 16

/** A picture as wide as its marks need, and no wider than can be scrolled. */
export function scaleOf(fromMs: number, toMs: number, marks: number, nodes: number): Scale {
  const width = Math.min(Math.max(1080, 16 * marks), 20_000)
  const rowHeight = nodes <= 5 ? 118 : nodes <= 9 ? 92 : nodes <= 20 ? 64 : 46
  const perMs = (width - 2 * margin) / Math.max(toMs - fromMs, 1e-3)
  return { width, rowHeight, fromMs, toMs, x: (ms) => margin + (Math.min(Math.max(ms, fromMs), toMs) - fromMs) * perMs }
}

/** Round times for the axis, about 110 pixels apart. */
export function ticksOf({ width, fromMs, toMs }: Scale): readonly number[] {
  const wanted = ((toMs - fromMs) * 110) / width
  let step = 0.001
  for (const factor of cycle([2, 2.5, 2])) {
    if (step >= wanted) break
    step *= factor
  }
  const first = Math.ceil(fromMs / step)
  const count = Math.floor(toMs / step) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

function* cycle<T>(items: readonly T[]): Generator<T, never> {
  for (;;) yield* items
}

/** Puts things of some width side by side, and on further lanes where there is no room. */
export class Lanes {
  readonly #lanes: { readonly from: number; readonly to: number }[][]

  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, () => [])
  }

  /** How many lanes hold anything. */
  get used(): number {
    return this.#lanes.findLastIndex((lane) => lane.length > 0) + 1
  }

  /** The lane that has room from `from` to `to`; `undefined`: none has. */
  place(from: number, to: number): number | undefined {
    const found = this.#lanes.findIndex((lane) => lane.every((taken) => to < taken.from || from > taken.to))
    if (found < 0) return undefined
    this.#lanes[found]?.push({ from, to })
    return found
  }
}

/** How wide a text is, roughly, at the size of labels. */
export function textWidth(text: string): number {
  return 6.3 * text.length
}
