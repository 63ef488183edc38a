import { REFUSED, type Machine, type Model } from '../model.js'
import { invalidOperation, type Operation } from '../operation.js'

/** `null` is the value of a register that nobody has written. */
export type RegisterValue = string | number | boolean | null

/** Registers with different keys are different registers; without a key there is one. */
export type RegisterInput =
  | { readonly type: 'read'; readonly key?: string | undefined }
  | { readonly type: 'write'; readonly value: RegisterValue; readonly key?: string | undefined }

/** Of a read, the value; of a write, `true`; of a compare-and-set, whether it found `from` and set `to`. */
export type RegisterOutput = RegisterValue

/** `cas`: sets the value to `to` if it is `from`. */
export type CasRegisterInput =
  | RegisterInput
  | {
      readonly type: 'cas'
      readonly from: RegisterValue
      readonly to: RegisterValue
      readonly key?: string | undefined
    }

const READ = 0
const WRITE = 1
const CAS = 2
/** A compare-and-set that found another value. */
const CAS_FAILED = 3
/** One of unknown outcome: without effect when it finds another value. */
const CAS_UNKNOWN = 4
const READ_UNKNOWN = 5

/** A register that is read and written; it begins with `initial`, by default `null`. */
export function registerModel(initial: RegisterValue = null): Model<RegisterInput, RegisterOutput> {
  return { ...casRegisterModel(initial), name: 'register', start: (operations) => start(operations, initial, false) }
}

/** A register that also has compare-and-set; it begins with `initial`, by default `null`. */
export function casRegisterModel(initial: RegisterValue = null): Model<CasRegisterInput, RegisterOutput> {
  return {
    name: 'cas-register',
    key: ({ key }) => key ?? '',
    inputKey: (input) =>
      JSON.stringify(input.type === 'read' ? [] : input.type === 'write' ? [input.value] : [input.from, input.to]),
    start: (operations) => start(operations, initial, true),
    describe,
  }
}

function start(
  operations: readonly Operation<CasRegisterInput, RegisterOutput>[],
  initial: RegisterValue,
  hasCas: boolean,
): Machine {
  const values: RegisterValue[] = [initial]
  const numbers = new Map<RegisterValue, number>([[initial, 0]])
  const numberOf = (value: RegisterValue): number => {
    const known = numbers.get(value)
    if (known !== undefined) return known
    numbers.set(value, values.length)
    return values.push(value) - 1
  }

  // Of a read and a write the value, of a compare-and-set both values.
  const kinds = new Uint8Array(operations.length)
  const first = new Int32Array(operations.length)
  const second = new Int32Array(operations.length)
  operations.forEach(({ input, output }, index) => {
    if (input.type === 'read') {
      kinds[index] = output === undefined ? READ_UNKNOWN : READ
      if (output !== undefined) first[index] = numberOf(output)
    } else if (input.type === 'write') {
      if (output !== undefined && output !== true) throw invalidOperation(index, 'output', output, 'true for a write')
      kinds[index] = WRITE
      first[index] = numberOf(input.value)
    } else if (input.type === 'cas' && hasCas) {
      if (output !== undefined && typeof output !== 'boolean')
        throw invalidOperation(index, 'output', output, 'true or false for a cas')
      kinds[index] = output === undefined ? CAS_UNKNOWN : output ? CAS : CAS_FAILED
      first[index] = numberOf(input.from)
      second[index] = numberOf(input.to)
    } else {
      throw invalidOperation(index, 'input.type', input.type, hasCas ? 'read, write or cas' : 'read or write')
    }
  })

  return {
    initial: 0,
    step(state, index) {
      switch (kinds[index]) {
        case READ:
          return first[index] === state ? state : REFUSED
        case WRITE:
          return first[index] as number
        case CAS:
          return first[index] === state ? (second[index] as number) : REFUSED
        case CAS_FAILED:
          return first[index] === state ? REFUSED : state
        case CAS_UNKNOWN:
          return first[index] === state ? (second[index] as number) : state
        default:
          return state
      }
    },
    describe: (state) => show(values[state] as RegisterValue),
  }
}

function describe(input: CasRegisterInput, output: RegisterOutput | undefined): string {
  switch (input.type) {
    case 'read':
      return output === undefined ? 'read' : `read → ${show(output)}`
    case 'write':
      return `write ${show(input.value)}`
    case 'cas':
      return `cas ${show(input.from)} to ${show(input.to)}${output === false ? ' → no' : output === true ? ' → yes' : ''}`
  }
}

function show(value: RegisterValue): string {
  return value === null ? 'nil' : JSON.stringify(value)
}
