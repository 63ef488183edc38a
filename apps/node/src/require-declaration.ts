import { faults, QuorateError, type Definition } from '@quorate/core'

type Field = readonly [name: string, holds: (value: unknown) => boolean, shouldBe: string]

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string')
const isOneOf =
  (...texts: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && texts.includes(value)
const isCodec = (value: unknown): boolean => {
  const { encode, decode } = (value ?? {}) as Record<string, unknown>
  return isFunction(encode) && isFunction(decode)
}
const isListOf =
  (...fields: readonly string[]) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null && hasAll(each, fields))
const hasAll = (value: object, fields: readonly string[]): boolean => fields.every((field) => field in value)
const areFaults = (value: unknown): boolean => isTexts(value) && (value as string[]).every((each) => each in faults)

const always: readonly Field[] = [
  ['family', isOneOf('rounds', 'clocks'), '"rounds" or "clocks"'],
  [
    'synchrony',
    isOneOf('synchronous', 'partially-synchronous', 'asynchronous'),
    '"synchronous", "partially-synchronous" or "asynchronous"',
  ],
  ['tolerates', areFaults, `a list of faults, of these: ${Object.keys(faults).join(', ')}`],
  ['resilience', isFunction, 'a function from the number of nodes to the most that may be faulty'],
  ['guarantees', isTexts, 'a list of properties'],
  ['counterexamples', isListOf('fault', 'breaks'), 'a list of { fault, breaks }'],
  ['codec', isCodec, 'a codec, with encode and decode, such as messageCodec makes'],
  ['create', isFunction, 'a function that makes a participant'],
]

const byFamily: Readonly<Record<Definition['family'], readonly Field[]>> = {
  rounds: [],
  clocks: [
    ['relies', isOneOf('rate', 'wall'), '"rate" or "wall"'],
    ['brokenClockBreaks', isTexts, 'a list of properties'],
  ],
}

const byKind: Readonly<Record<Definition['kind'], readonly Field[]>> = {
  'failure-detector': [],
  election: [
    ['carriesLog', (value) => typeof value === 'boolean', 'true or false'],
    ['agreesWithinMs', isFunction, 'a function that returns milliseconds'],
  ],
  agreement: [['decidesWithinMs', isFunction, 'a function that returns milliseconds']],
  'replicated-log': [['commitsWithinMs', isFunction, 'a function that returns milliseconds']],
}

const optional: readonly Field[] = [['invariants', isListOf('name', 'check'), 'a list of { name, check }, or left out']]

/**
 * Returns the definition when everything that it has to declare is there. It may come from a module that no compiler has seen.
 * Throws `QUORATE_INVALID_DECLARATION`, naming the algorithm and the first field that is missing or means nothing.
 */
export function requireDeclaration<D extends Definition>(definition: D): D {
  const values = definition as unknown as Readonly<Record<string, unknown>>
  const present = optional.filter(([name]) => values[name] !== undefined)
  const fields = [...always, ...(byFamily[definition.family] ?? []), ...byKind[definition.kind], ...present]
  const wrong = fields.find(([name, holds]) => !holds(values[name]))
  if (wrong === undefined) return definition
  const [field, , shouldBe] = wrong
  const { kind, name } = definition
  const lacks = values[field] === undefined
  throw new QuorateError(
    'QUORATE_INVALID_DECLARATION',
    `the ${kind} "${name}" ${lacks ? 'lacks' : 'declares'} ${field}${lacks ? ', which must be' : ' as something else than'} ${shouldBe}`,
    { kind, algorithm: name, field },
  )
}
