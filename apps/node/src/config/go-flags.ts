/** The command line as Go's flag package reads it, so that what was typed for etcd can be typed for us. */
import { QuorateError } from '@quorate/core'
import { nearest } from '../nearest.js'
import { isEtcdOnly, notImplemented } from './etcd-only.js'

/** Code of errors in how the command was called. */
export const usageError = 'QUORATE_USAGE'

/** The flags there are, by name, with whether each takes a value that is a word of its own. */
export type GoFlags = ReadonlyMap<string, 'value' | 'switch'>

/**
 * Returns the same arguments with every flag as `--name=value`. A flag has one dash or two; its value follows after `=` or as the next
 * argument, whatever that begins with; a switch without a value is true.
 *
 * Throws `QUORATE_UNKNOWN_FLAG`, naming the nearest; `QUORATE_NOT_IMPLEMENTED` for flags that only etcd has; and `QUORATE_USAGE` for
 * a flag without a value.
 */
export function normalizeGoFlags(args: readonly string[], flags: GoFlags): string[] {
  const normalized: string[] = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string
    if (arg === '--') return [...normalized, ...args.slice(index)]
    const { name, value } = /^--?(?<name>[a-zA-Z][\w-]*)(?:=(?<value>.*))?$/s.exec(arg)?.groups ?? {}
    if (name === undefined) {
      normalized.push(arg)
      continue
    }
    const kind = flags.get(name)
    if (kind === undefined) throw unknownFlag(name, flags)
    if (value !== undefined) normalized.push(`--${name}=${value}`)
    else if (kind === 'switch') normalized.push(`--${name}`)
    else if (index + 1 < args.length) normalized.push(`--${name}=${args[++index]}`)
    else throw new QuorateError(usageError, `--${name} needs a value: --${name} <value>`, { flag: name })
  }
  return normalized
}

function unknownFlag(name: string, flags: GoFlags): QuorateError {
  if (isEtcdOnly(name)) return notImplemented([`--${name}`])
  const near = nearest(
    name,
    [...flags.keys()].filter((flag) => flag.length > 1),
  )
  return new QuorateError(
    'QUORATE_UNKNOWN_FLAG',
    `there is no flag --${name}${near === undefined ? '; "quorate help start" lists them' : `; did you mean --${near}?`}`,
    { flag: name, nearest: near },
  )
}
