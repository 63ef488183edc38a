import type { Violation } from './explain.js'
import type { Model } from './model.js'
import type { Operation } from './operation.js'

export interface RenderOptions {
  /** Columns of a line. Default: 120. */
  readonly width?: number
  /** The most operations in the picture. Default: 24. */
  readonly maxOperations?: number
}

/**
 * A violation for people: the operation that cannot be placed, those around it as intervals over time (events at equal distances, not to
 * scale), with their places in the longest linearization that was found, and the states at its end.
 */
export function renderViolation<Input, Output>(
  model: Model<Input, Output>,
  violation: Violation<Input, Output>,
  { width = 120, maxOperations = 24 }: RenderOptions = {},
): string {
  const { key, prefix, operation, longest, isShortest } = violation
  const where = key === undefined || key === '' ? '' : `, key ${JSON.stringify(key)}`
  const describe = ({ input, output }: Operation<Input, Output>): string => model.describe(input, output)
  const shortest = isShortest ? 'the shortest prefix that cannot be explained' : 'a prefix that cannot be explained'
  return [
    `Not linearizable as ${model.name}${where}: no order of operations explains ${describe(operation)} of client ${operation.client}.`,
    `Its answer at ${operation.returnAt} ends ${shortest} (${prefix.length} operations, ${longest.length} of them placed at most).`,
    '',
    ...picture(violation, describe, width, maxOperations),
    '',
    ...lastStates(model, violation, describe),
  ].join('\n')
}

function picture<Input, Output>(
  { prefix, operation, longest }: Violation<Input, Output>,
  describe: (operation: Operation<Input, Output>) => string,
  width: number,
  maxOperations: number,
): string[] {
  const places = new Map(longest.map((each, index) => [each, index + 1]))
  const shown = nearest(prefix, operation, maxOperations)
  const cut = prefix.length - shown.length
  const rows = shown.map((each) => ({
    operation: each,
    // The sign of what cannot be placed stands where the others have their places.
    place: each === operation ? '✗' : String(places.get(each) ?? (each.output === undefined ? '' : '-')),
    client: String(each.client),
    what: clip(describe(each), 36),
  }))
  const widthOf = (name: 'place' | 'client' | 'what', title: string): number =>
    Math.max(title.length, ...rows.map((row) => row[name].length))
  const [placeWidth, clientWidth, whatWidth] = [
    widthOf('place', '#'),
    widthOf('client', 'client'),
    widthOf('what', 'operation'),
  ]
  const bar = bars(shown, Math.max(20, width - placeWidth - clientWidth - whatWidth - 6), operation.returnAt as number)
  return [
    `${'#'.padStart(placeWidth)}  ${'client'.padEnd(clientWidth)}  ${'operation'.padEnd(whatWidth)}  time →`,
    ...rows.map(({ place, client, what, operation: each }) =>
      `${place.padStart(placeWidth)}  ${client.padEnd(clientWidth)}  ${what.padEnd(whatWidth)}  ${bar(each)}`.trimEnd(),
    ),
    '',
    '# is the place in the longest linearization found; ✗: none is possible; -: it has none there.',
    '… was not answered by then: it may take effect later, and without a place has not.',
    ...(cut > 0 ? [`${cut} earlier operations are not shown.`] : []),
  ]
}

/** Those that end last, which are around the answer that cannot be: in the order of their calls. */
function nearest<Input, Output>(
  prefix: readonly Operation<Input, Output>[],
  operation: Operation<Input, Output>,
  most: number,
): Operation<Input, Output>[] {
  // What was not answered counts by its call, lest old operations of unknown outcome drive all others out.
  const end = ({ callAt, returnAt }: Operation<Input, Output>): number => returnAt ?? callAt
  const others = prefix.filter((each) => each !== operation).sort((a, b) => end(b) - end(a))
  return [operation, ...others.slice(0, Math.max(0, most - 1))].sort((a, b) => a.callAt - b.callAt)
}

/** Draws the interval of an operation, with the times of all that are shown at equal distances. */
function bars<Input, Output>(
  shown: readonly Operation<Input, Output>[],
  width: number,
  endAt: number,
): (operation: Operation<Input, Output>) => string {
  const times = [...new Set(shown.flatMap(({ callAt, returnAt }) => [callAt, returnAt ?? endAt]))].sort((a, b) => a - b)
  const ranks = new Map(times.map((time, rank) => [time, rank]))
  const perTime = Math.min(8, (width - 1) / Math.max(1, times.length - 1))
  const column = (time: number): number => Math.round((ranks.get(time) as number) * perTime)
  return ({ callAt, returnAt }) => {
    const from = column(callAt)
    const to = column(returnAt ?? endAt)
    const inside = '─'.repeat(Math.max(0, to - from - 1))
    if (returnAt === undefined) return `${' '.repeat(from)}├${inside}…`
    return `${' '.repeat(from)}${to === from ? '│' : `├${inside}┤`}`
  }
}

/** The states that the last operations of the longest linearization lead to. */
function lastStates<Input, Output>(
  model: Model<Input, Output>,
  { longest, operation }: Violation<Input, Output>,
  describe: (operation: Operation<Input, Output>) => string,
): string[] {
  const machine = model.start([...longest, operation])
  const states = [machine.initial]
  for (let index = 0; index < longest.length; index++) states.push(machine.step(states[index] as number, index))
  const first = Math.max(0, longest.length - 8)
  const lines = longest
    .slice(first)
    .map((each, index) => [
      `${first + index + 1}`,
      describe(each),
      machine.describe(states[first + index + 1] as number),
    ])
  const end = states.at(-1) as number
  const refused =
    longest.includes(operation) || machine.step(end, longest.length) >= 0 ? '' : ', which cannot answer so'
  return [
    'The longest linearization found' + (first > 0 ? ', its end:' : ':'),
    `   ${first === 0 ? 'begins with' : '…'} ${clip(machine.describe(states[first] as number), 80)}`,
    ...lines.map(
      ([place, what, state]) =>
        `${(place as string).padStart(6)}  ${clip(what as string, 60)}  ⇒  ${clip(state as string, 60)}`,
    ),
    `     ✗  ${clip(describe(operation), 60)}${refused}`,
  ]
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
