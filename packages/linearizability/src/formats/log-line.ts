import { isEventType, Keyword, LineFault, show, type EventScalar, type EventValue, type HistoryEvent } from './event.js'

const beginning = 'INFO  jepsen.util - '

/** Reads a line of Jepsen's log: `INFO  jepsen.util - PROCESS`, type, function and value, with tabs between them. */
export function parseLogLine(line: string): HistoryEvent | LineFault {
  if (!line.startsWith(beginning)) return new LineFault('line', `must begin with ${JSON.stringify(beginning)} or "{"`)
  const fields = line.slice(beginning.length).split('\t')
  if (fields.length !== 4)
    return new LineFault(
      'line',
      `must have four fields with tabs between them, process, type, function and value, not ${fields.length}`,
    )
  const [process, type, f, value] = fields as [string, string, string, string]
  if (!/^\d+$/.test(process)) return new LineFault('process', `must be a number, not ${show(process)}`)
  if (!type.startsWith(':') || !isEventType(type.slice(1)))
    return new LineFault('type', `must be :invoke, :ok, :fail or :info, not ${show(type)}`)
  if (!/^:[a-z-]+$/.test(f)) return new LineFault('function', `must be a keyword such as :read, not ${show(f)}`)
  const parsed = parseValue(value)
  if (parsed === undefined)
    return new LineFault('value', `must be nil, a number, a keyword or a list of these in brackets, not ${show(value)}`)
  return { process, type: type.slice(1) as HistoryEvent['type'], f: f.slice(1), key: undefined, value: parsed }
}

function parseValue(text: string): EventValue | undefined {
  if (!text.startsWith('[')) return parseScalar(text)
  if (!text.endsWith(']')) return undefined
  const parts = text.slice(1, -1).split(' ').map(parseScalar)
  return parts.includes(undefined) ? undefined : (parts as EventScalar[])
}

function parseScalar(text: string): EventScalar | undefined {
  if (text === 'nil') return null
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  return /^:[\w-]+$/.test(text) ? new Keyword(text.slice(1)) : undefined
}
