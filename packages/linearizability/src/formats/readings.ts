import type { KvAppendInput, KvAppendOutput } from '../models/kv-append.js'
import type { CasRegisterInput, RegisterInput, RegisterOutput, RegisterValue } from '../models/register.js'
import { LineFault, show, type EventValue, type HistoryEvent } from './event.js'
import { HistoryReader } from './history-reader.js'

/** Reads histories of `read` and `write`, also with a `:key`. */
export function registerReader(): HistoryReader<RegisterInput, RegisterOutput> {
  return new HistoryReader<RegisterInput, RegisterOutput>({
    input: (invoked) => registerInput(invoked) ?? unknownFunction(invoked, 'read or write'),
    output: registerOutput,
  })
}

/**
 * Reads histories of `read`, `write` and `cas`, also with a `:key`. The value of a `cas` is `[from to]`; one that failed has seen another
 * value than `from`.
 */
export function casRegisterReader(): HistoryReader<CasRegisterInput, RegisterOutput> {
  return new HistoryReader<CasRegisterInput, RegisterOutput>({
    input: (invoked) =>
      (invoked.f === 'cas' ? casInput(invoked) : registerInput(invoked)) ??
      unknownFunction(invoked, 'read, write or cas'),
    output: registerOutput,
  })
}

/** Reads histories of `get`, `append` and `put` with a `:key`. */
export function kvAppendReader(): HistoryReader<KvAppendInput, KvAppendOutput> {
  return new HistoryReader<KvAppendInput, KvAppendOutput>({
    input(invoked) {
      const { f, key, value } = invoked
      if (f !== 'get' && f !== 'append' && f !== 'put') return unknownFunction(invoked, 'get, append or put')
      if (key === undefined) return new LineFault('key', `is missing: ${f} has one`)
      if (f === 'get')
        return value === null ? { type: 'get', key } : new LineFault('value', 'must be nil when get is called')
      return typeof value === 'string' ? { type: f, key, value } : notText(value)
    },
    output(input, { type, value }) {
      // None of these that failed has seen anything.
      if (type === 'fail') return undefined
      if (typeof value !== 'string') return notText(value)
      if (input.type === 'get') return value
      return value === input.value ? true : changed(value, input.value)
    },
  })
}

function registerInput({ f, key, value }: HistoryEvent): RegisterInput | LineFault | undefined {
  const keyed = key === undefined ? {} : { key }
  if (f === 'read')
    return value === null ? { type: 'read', ...keyed } : new LineFault('value', 'must be nil when read is called')
  if (f !== 'write') return undefined
  return isRegisterValue(value) ? { type: 'write', value, ...keyed } : notRegisterValue(value)
}

function casInput({ key, value }: HistoryEvent): CasRegisterInput | LineFault {
  const [from, to, ...rest] = Array.isArray(value) ? (value as readonly EventValue[]) : []
  if (from === undefined || to === undefined || rest.length > 0 || !isRegisterValue(from) || !isRegisterValue(to))
    return new LineFault('value', `must be [from to] for cas, not ${show(value)}`)
  return { type: 'cas', from, to, ...(key !== undefined && { key }) }
}

function registerOutput(
  input: CasRegisterInput,
  { type, value }: HistoryEvent,
): RegisterOutput | LineFault | undefined {
  if (type === 'fail') return input.type === 'cas' ? false : undefined
  if (input.type === 'read') return isRegisterValue(value) ? value : notRegisterValue(value)
  const called = input.type === 'write' ? input.value : [input.from, input.to]
  return show(value) === show(called) ? true : changed(value, called)
}

/** Keywords are notes such as `:timed-out`, and no values. */
function isRegisterValue(value: EventValue): value is RegisterValue {
  return value === null || typeof value !== 'object'
}

function notRegisterValue(value: EventValue): LineFault {
  return new LineFault('value', `must be a number, a text, true, false or nil, not ${show(value)}`)
}

function notText(value: EventValue): LineFault {
  return new LineFault('value', `must be a text, not ${show(value)}`)
}

function changed(value: EventValue, called: EventValue): LineFault {
  return new LineFault('value', `is ${show(value)}, and the call's was ${show(called)}`)
}

function unknownFunction({ f }: HistoryEvent, known: string): LineFault {
  return new LineFault('function', `must be ${known}, not ${show(f)}`)
}
