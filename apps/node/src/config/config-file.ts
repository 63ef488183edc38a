import { QuorateError } from '@quorate/core'
import { readFileSync, statSync } from 'node:fs'
import { parse } from 'yaml'
import { nearest } from '../nearest.js'
import { isEtcdOnly, notImplemented } from './etcd-only.js'
import type { Given, GivenSettings } from './given.js'
import { isSettingName, settingNames, type SettingName } from './settings.js'

const maxBytes = 1024 * 1024

/** etcd's files have the settings of certificates in a section of their own, under shorter names. */
const peerSection = 'peer-transport-security'
const peerKeys: ReadonlyMap<string, SettingName> = new Map([
  ['cert-file', 'peer-cert-file'],
  ['key-file', 'peer-key-file'],
  ['trusted-ca-file', 'peer-trusted-ca-file'],
  ['client-cert-auth', 'peer-client-cert-auth'],
])
const etcdOnlyPeerKeys: ReadonlySet<string> = new Set(
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
    const inSection = key.startsWith(`${peerSection}.`) ? key.slice(peerSection.length + 1) : ''
    const name = peerKeys.get(inSection) ?? key
    if (isSettingName(name)) {
      given.set(name, { value, label: `${key} in ${path}` })
    } else if (isEtcdOnly(key) || etcdOnlyPeerKeys.has(inSection)) {
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

/** The keys that have values; those of the section as `peer-transport-security.cert-file`. */
function entries(path: string): [string, unknown][] {
  const content = read(path)
  if (content === null || content === undefined) return []
  const top = record(path, content, 'the file')
  const section = top[peerSection] ?? {}
  const flat = { ...top, ...prefixed(record(path, section, peerSection)) }
  return Object.entries(flat).filter(([key, value]) => key !== peerSection && value !== null && value !== '')
}

function prefixed(section: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [`${peerSection}.${key}`, value]))
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
    inSection === '' ? nearest(key, [...settingNames, peerSection]) : nearest(inSection, [...peerKeys.keys()])
  return new QuorateError(
    'QUORATE_UNKNOWN_KEY',
    `${path} has a key "${key}" that means nothing${near === undefined ? '; keys are the names of flags' : `; did you mean "${near}"?`}`,
    { path, key, nearest: near },
  )
}
