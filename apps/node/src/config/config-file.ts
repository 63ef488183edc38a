import { QuorateError } from '@quorate/core'
import { readFileSync, statSync } from 'node:fs'
import { parse } from 'yaml'
import { nearest } from '../nearest.js'
import { isEtcdOnly, notImplemented } from './etcd-only.js'
import type { Given, GivenSettings } from './given.js'
import { isSettingName, settingNames, type SettingName } from './settings.js'

const maxBytes = 1024 * 1024

/** etcd's files have the settings of certificates in sections of their own, under the same short names. */
const sections = {
  'client-transport-security': '',
  'peer-transport-security': 'peer-',
} as const
type Section = keyof typeof sections
const sectionNames = Object.keys(sections) as Section[]
const sectionKeys = ['cert-file', 'key-file', 'trusted-ca-file', 'client-cert-auth'] as const
const etcdOnlySectionKeys: ReadonlySet<string> = new Set(
  'allowed-cn allowed-cns allowed-hostname allowed-hostnames auto-tls client-cert-file client-key-file crl-file skip-client-san-verification'.split(
    ' ',
  ),
)

/**
 * Reads a file of settings: YAML or JSON, with the names of the flags, or etcd's own file. A key without a value sets nothing.
 *
 * Throws `QUORATE_CONFIG_FILE` when it cannot be read, `QUORATE_UNKNOWN_KEY`, naming the nearest, and `QUORATE_NOT_IMPLEMENTED` for
 * what only etcd has.
 */
export function readConfigFile(path: string): GivenSettings {
  const given = new Map<SettingName, Given>()
  const etcdOnly: string[] = []
  const unknown: QuorateError[] = []
  for (const [key, value] of entries(path)) {
    const section = sectionNames.find((each) => key.startsWith(`${each}.`))
    const inSection = section === undefined ? '' : key.slice(section.length + 1)
    const known = section !== undefined && sectionKeys.some((each) => each === inSection)
    const name = known ? `${sections[section]}${inSection}` : key
    if (isSettingName(name)) {
      given.set(name, { value, label: `${key} in ${path}` })
    } else if (isEtcdOnly(key) || etcdOnlySectionKeys.has(inSection)) {
      if (!isOff(value)) etcdOnly.push(key)
    } else {
      unknown.push(unknownKey(path, key, inSection))
    }
  }
  // What was mistyped comes first: the rest may be its consequence.
  const [first] = unknown
  if (first !== undefined) throw first
  if (etcdOnly.length > 0) throw notImplemented(etcdOnly.map((key) => `${key} in ${path}`))
  return given
}

/** The keys that have values; those of a section as `peer-transport-security.cert-file`. */
function entries(path: string): [string, unknown][] {
  const content = read(path)
  if (content === null || content === undefined) return []
  const top = record(path, content, 'the file')
  const flat = Object.entries(top).flatMap(([key, value]) =>
    sectionNames.some((each) => each === key) ? prefixed(key, record(path, value ?? {}, key)) : [[key, value] as const],
  )
  return flat.filter(([, value]) => value !== null && value !== '').map(([key, value]) => [key, value])
}

function prefixed(section: string, keys: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(keys).map(([key, value]) => [`${section}.${key}`, value] as const)
}

/** Switching off what we do not have is no mistake; etcd's own example does so, section by section. */
function isOff(value: unknown): boolean {
  return value === false || value === null || value === '' || (isRecord(value) && Object.values(value).every(isOff))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function record(path: string, value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value
  throw failed(path, `${what} is no list of "key: value" lines`)
}

function read(path: string): unknown {
  try {
    const { size } = statSync(path)
    if (size > maxBytes) throw failed(path, `it has ${size} bytes; at most ${maxBytes} are read`)
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof QuorateError) throw error
    throw failed(path, error instanceof Error ? error.message : String(error), error)
  }
}

function failed(path: string, why: string, cause?: unknown): QuorateError {
  return new QuorateError(
    'QUORATE_CONFIG_FILE',
    `the configuration file ${path} cannot be read: ${why.trim()}`,
    { path },
    cause === undefined ? {} : { cause },
  )
}

function unknownKey(path: string, key: string, inSection: string): QuorateError {
  const near =
    inSection === '' ? nearest(key, [...settingNames, ...sectionNames]) : nearest(inSection, [...sectionKeys])
  return new QuorateError(
    'QUORATE_UNKNOWN_KEY',
    `${path} has a key "${key}" that means nothing${near === undefined ? '; keys are the names of flags' : `; did you mean "${near}"?`}`,
    { path, key, nearest: near },
  )
}
