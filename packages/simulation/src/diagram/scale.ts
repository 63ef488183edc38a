/** A while in which nothing happens, drawn shorter than it is. */
export interface Pause {
  readonly fromMs: number
  readonly toMs: number
}

/** Where times and nodes are in the picture, in pixels. */
export interface Scale {
  readonly width: number
  /** Between the lines of two nodes. */
  readonly rowHeight: number
  readonly fromMs: number
  readonly toMs: number
  readonly pauses: readonly Pause[]
  /** Round times for the axis. */
  readonly ticks: readonly number[]
  x(ms: number): number
}

const leftPx = 16
const rightPx = 60
const pausePx = 56
const tickPx = 110

/**
 * A picture as wide as its `marks` need, and no wider than can be scrolled. `times`: when anything happens. Long pauses between two of
 * them are cut short, so that what happens has the room.
 */
export function scaleOf(times: readonly number[], fromMs: number, toMs: number, marks: number, nodes: number): Scale {
  const busyPx = Math.min(Math.max(1080, 16 * marks), 20_000)
  // What is not shortened by much is better left as it is.
  const shortest = (2 * pausePx * (toMs - fromMs)) / busyPx
  const pauses = pausesOf(
    [fromMs, ...times, toMs].sort((a, b) => a - b),
    shortest,
  )
  const busyMs = Math.max(toMs - fromMs - pauses.reduce((sum, pause) => sum + pause.toMs - pause.fromMs, 0), 1e-3)
  const width = busyPx + pauses.length * pausePx
  const perMs = (width - leftPx - rightPx - pauses.length * pausePx) / busyMs
  const x = (ms: number): number => {
    const at = Math.min(Math.max(ms, fromMs), toMs)
    let px = leftPx + (at - fromMs) * perMs
    for (const pause of pauses) {
      if (at <= pause.fromMs) break
      const passedMs = Math.min(at, pause.toMs) - pause.fromMs
      px += (passedMs / (pause.toMs - pause.fromMs)) * pausePx - passedMs * perMs
    }
    return px
  }
  return {
    width,
    rowHeight: nodes <= 5 ? 118 : nodes <= 9 ? 92 : nodes <= 20 ? 64 : 46,
    fromMs,
    toMs,
    pauses,
    ticks: ticksOf(fromMs, toMs, tickPx / perMs, pauses, x),
    x,
  }
}

/** Pauses that stand out from all others, if they are few, or else those that take much of the time, which only a few can. */
function pausesOf(times: readonly number[], shortestMs: number): readonly Pause[] {
  const wholeMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
  const longerThan = (ms: number): readonly Pause[] =>
    times.flatMap((toMs, index) => {
      const fromMs = times[index - 1] ?? toMs
      return toMs - fromMs > Math.max(ms, shortestMs) ? [{ fromMs, toMs }] : []
    })
  const outstanding = longerThan((12 * wholeMs) / times.length)
  return outstanding.length <= mostPauses ? outstanding : longerThan(wholeMs / mostPauses)
}

const mostPauses = 25

function ticksOf(
  fromMs: number,
  toMs: number,
  wantedMs: number,
  pauses: readonly Pause[],
  x: (ms: number) => number,
): readonly number[] {
  let step = 0.001
  for (const factor of cycle([2, 2.5, 2])) {
    if (step >= wantedMs) break
    step *= factor
  }
  const ticks: number[] = []
  const busy = [fromMs, ...pauses.flatMap((pause) => [pause.fromMs, pause.toMs]), toMs]
  for (let part = 0; part < busy.length; part += 2) {
    const [from, to] = [busy[part] as number, busy[part + 1] as number]
    for (let count = Math.ceil(from / step); count * step <= to; count++) {
      const ms = Number((count * step).toPrecision(12))
      const last = ticks.at(-1)
      if (last === undefined || x(ms) - x(last) > tickPx / 2) ticks.push(ms)
    }
  }
  return ticks
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
