import { invalidOption, QuorateError } from '@quorate/core'
import type { ClientTlsOptions, NodeOptions, PeerTlsOptions } from '../node-handle.js'
import { defaults } from '../node-settings.js'
import { checkedPeers } from './peers.js'
import { readConfigFile } from './config-file.js'
import { fromEnvironment, fromFlags, type Flags, type Given, type GivenSettings, type Warning } from './given.js'
import {
  configFile,
  settings,
  settingNames,
  type Labels,
  type Setting,
  type SettingName,
  type SettingValue,
  type Values,
} from './settings.js'

export type LogLevel = SettingValue<'log-level'>

export interface Config {
  /** Complete but for what only a program can give, and `logger`. */
  readonly node: NodeOptions
  readonly logLevel: LogLevel
  readonly warnings: readonly Warning[]
}

/**
 * What `quorate start` was told, checked: flags before the file, the file before the environment, the environment before defaults.
 * (etcd, given a file, ignores flags and environment without a word; here a flag that was typed counts.)
 *
 * Throws a `QuorateError` that names the flag, variable or key, its value and what to do.
 */
export function readConfig(flags: Flags, environment: Readonly<Record<string, string | undefined>>): Config {
  const variables = fromEnvironment(environment)
  const path = flags[configFile] ?? variables.configFile
  const file: GivenSettings = path === undefined ? new Map() : readConfigFile(String(path))
  const given = new Map([...variables.settings, ...file, ...fromFlags(flags)])
  const values = valuesOf(given)
  const labels = labelsOf(given)
  requireNewCluster(values, labels)
  requireRoomForHeartbeats(values, labels)
  const peerTls = peerTlsOf(values, labels)
  const clientTls = clientTlsOf(values, labels)
  const name = values.name ?? 'default'
  return {
    node: {
      name,
      dataDir: values['data-dir'] ?? `${name}.quorate`,
      ...checkedPeers(name, values, labels, peerTls !== undefined, clientTls !== undefined),
      ...present({
        peerTls,
        clientTls,
        quotaBytes: values['quota-backend-bytes'] || undefined,
        initialClusterToken: values['initial-cluster-token'],
        heartbeatIntervalMs: values['heartbeat-interval'],
        electionTimeoutMs: values['election-timeout'],
        maxDelayMs: values['max-delay'],
        clockErrorMs: values['clock-error'],
        failureDetector: values['failure-detector'],
        election: values.election,
        agreement: values.agreement,
        maxFaulty: values['max-faulty'],
        voteValue: always(values['vote-value']),
      }),
    },
    logLevel: values['log-level'] ?? 'info',
    warnings: [...variables.warnings, ...without(given)],
  }
}

function valuesOf(given: GivenSettings): Values {
  return Object.fromEntries([...given].map(([name, { value, label }]) => [name, parsed(name, value, label)]))
}

function parsed(name: SettingName, value: unknown, label: Given['label']): unknown {
  const { schema, expected } = settings[name]
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw invalidOption(label, value, expected)
}

function without(given: GivenSettings): readonly Warning[] {
  return [...given].flatMap(([name, { label }]) => {
    const why = (settings[name] as Setting).without
    return why === undefined ? [] : [[{ setting: label }, `${label} makes no difference here: ${why}`] as const]
  })
}

function labelsOf(given: GivenSettings): Labels {
  return Object.fromEntries(settingNames.map((name) => [name, given.get(name)?.label ?? `--${name}`])) as Labels
}

/** Without the entries that have no value: what is not given is left out, not `undefined`. */
function present<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

function always<T>(value: T | undefined): (() => T) | undefined {
  return value === undefined ? undefined : () => value
}

function requireNewCluster(values: Values, labels: Labels): void {
  if (values['initial-cluster-state'] !== 'existing') return
  throw new QuorateError(
    'QUORATE_NOT_IMPLEMENTED',
    `${labels['initial-cluster-state']} is "existing": the members of a cluster cannot be changed yet; start all of them with the same --initial-cluster and "new"`,
    { option: 'initial-cluster-state', value: 'existing' },
  )
}

/** One heartbeat may always be lost or late; a bound of less than two would suspect the living. */
function requireRoomForHeartbeats(values: Values, labels: Labels): void {
  const intervalMs = values['heartbeat-interval'] ?? defaults.heartbeatIntervalMs
  const timeoutMs = values['election-timeout'] ?? defaults.electionTimeoutMs
  if (timeoutMs >= 2 * intervalMs) return
  throw new QuorateError(
    'QUORATE_INVALID_OPTION',
    `${labels['election-timeout']} is ${timeoutMs} ms and ${labels['heartbeat-interval']} ${intervalMs} ms: a single late heartbeat would ` +
      `raise suspicion; make the timeout at least twice the interval, better five times`,
    { electionTimeoutMs: timeoutMs, heartbeatIntervalMs: intervalMs },
  )
}

const certificates = ['peer-cert-file', 'peer-key-file', 'peer-trusted-ca-file'] as const

function peerTlsOf(values: Values, labels: Labels): PeerTlsOptions | undefined {
  const [certFile, keyFile, trustedCaFile] = certificates.map((name) => values[name])
  const clientCertAuth = values['peer-client-cert-auth']
  if (certFile !== undefined && keyFile !== undefined && trustedCaFile !== undefined) {
    return { certFile, keyFile, trustedCaFile, ...present({ clientCertAuth }) }
  }
  const given = certificates.filter((name) => values[name] !== undefined)
  // "Do not ask for certificates" needs none.
  if (clientCertAuth === true) given.push('peer-client-cert-auth' as never)
  if (given.length === 0) return undefined
  const missing = certificates.filter((name) => values[name] === undefined)
  throw new QuorateError(
    'QUORATE_INVALID_OPTION',
    `${given.map((name) => labels[name]).join(' and ')} without ${missing.map((name) => labels[name]).join(' and ')}: peers need all three files, or none`,
    { given, missing },
  )
}

function clientTlsOf(values: Values, labels: Labels): ClientTlsOptions | undefined {
  const { 'cert-file': certFile, 'key-file': keyFile, 'trusted-ca-file': trustedCaFile } = values
  const clientCertAuth = values['client-cert-auth']
  const lacks = (present: SettingName, missing: SettingName): QuorateError =>
    new QuorateError('QUORATE_INVALID_OPTION', `${labels[present]} without ${labels[missing]}: give both, or neither`, {
      given: [present],
      missing: [missing],
    })
  if (clientCertAuth === true && trustedCaFile === undefined) throw lacks('client-cert-auth', 'trusted-ca-file')
  if (trustedCaFile !== undefined && certFile === undefined) throw lacks('trusted-ca-file', 'cert-file')
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined) throw lacks('key-file', 'cert-file')
  if (keyFile === undefined) throw lacks('cert-file', 'key-file')
  return { certFile, keyFile, ...present({ trustedCaFile, clientCertAuth }) }
}
