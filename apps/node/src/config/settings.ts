/**
 * Everything that `quorate start` can be told, once: by a flag, by a variable of the environment, or in a file. etcd's settings have
 * etcd's names and the prefix `ETCD_`; those that only we have, `QUORATE_`.
 */
import type { z } from 'zod'
import {
  anything,
  bytes,
  cluster,
  milliseconds,
  oneOf,
  safeInteger,
  text,
  urls,
  yesOrNo,
  type ValueKind,
} from './values.js'

export interface Setting<Value = unknown> extends ValueKind<Value> {
  readonly whose: 'etcd' | 'quorate'
  /** How help calls its value. */
  readonly value: string
  readonly help: string
  /** Why it makes no difference here: it is taken, with a warning, so that a command line of etcd's need not be changed for it. */
  readonly without?: string
}

function of<Value>(whose: Setting['whose'], kind: ValueKind<Value>, value: string, help: string): Setting<Value> {
  return { ...kind, whose, value, help }
}

/** One of etcd's that tunes what works otherwise here, and changes nothing that a client could notice. */
function ignored(without: string): Setting {
  return { ...anything(), whose: 'etcd', value: 'value', help: '', without }
}

export const settings = {
  name: of('etcd', text(), 'name', 'this node, as --initial-cluster calls it (default "default")'),
  'data-dir': of('etcd', text(), 'folder', 'what this node must not forget (default "${name}.quorate")'),
  'listen-peer-urls': of(
    'etcd',
    urls(),
    'urls',
    "where to listen for peers (default: this node's URLs in --initial-cluster)",
  ),
  'initial-advertise-peer-urls': of(
    'etcd',
    urls(),
    'urls',
    'where peers reach this node; --initial-cluster must say the same (default: what it says, or "http://localhost:2380")',
  ),
  'listen-client-urls': of(
    'etcd',
    urls(),
    'urls',
    'where to serve clients of etcd (default "http://localhost:2379", nothing when --election carries no log)',
  ),
  'advertise-client-urls': of('etcd', urls(), 'urls', 'where clients reach this node (default: --listen-client-urls)'),
  'initial-cluster': of(
    'etcd',
    cluster(),
    'name=url,…',
    'all members and where their peers reach them (default: this node alone)',
  ),
  'initial-cluster-state': of('etcd', oneOf('new', 'existing'), 'state', 'only "new" for now (default "new")'),
  'initial-cluster-token': of(
    'etcd',
    text(),
    'token',
    'tells clusters apart that share a network (default "quorate-cluster")',
  ),
  'heartbeat-interval': of('etcd', milliseconds(1, 60_000), 'ms', 'time between two heartbeats (default 100)'),
  'election-timeout': of(
    'etcd',
    milliseconds(2, 600_000),
    'ms',
    'the longest time until a silent peer is suspected; at least twice --heartbeat-interval (default 1000)',
  ),
  'peer-cert-file': of('etcd', text(), 'file', 'certificate for talking to peers, PEM'),
  'peer-key-file': of('etcd', text(), 'file', 'its private key, PEM'),
  'peer-trusted-ca-file': of('etcd', text(), 'file', "authority of the peers' certificates, PEM"),
  'peer-client-cert-auth': of(
    'etcd',
    yesOrNo(),
    'true|false',
    'refuse peers without a certificate of that authority (default true, once certificates are given)',
  ),
  'cert-file': of('etcd', text(), 'file', 'certificate for clients, PEM'),
  'key-file': of('etcd', text(), 'file', 'its private key, PEM'),
  'trusted-ca-file': of('etcd', text(), 'file', "authority of the clients' certificates, PEM"),
  'client-cert-auth': of(
    'etcd',
    yesOrNo(),
    'true|false',
    'refuse clients without a certificate of that authority (default false)',
  ),
  'quota-backend-bytes': of(
    'etcd',
    bytes(),
    'bytes',
    'the most that the key-value store may hold, with its history; beyond it puts are refused (default 0: 2 GiB)',
  ),
  'listen-metrics-urls': of('etcd', urls(), 'urls', 'where to serve /metrics, /livez and /readyz (default: nowhere)'),
  'log-level': of(
    'etcd',
    oneOf('debug', 'info', 'warn', 'error'),
    'level',
    'debug, info, warn or error (default "info")',
  ),
  logger: ignored('logs are JSON lines on standard error'),
  'snapshot-count': ignored('the log is kept whole'),
  'snapshot-catchup-entries': ignored('the log is kept whole'),
  'max-snapshots': ignored('the log is kept whole'),
  'max-wals': ignored('the log is kept whole'),
  'backend-batch-interval': ignored('the store is synced by its own rules'),
  'backend-batch-limit': ignored('the store is synced by its own rules'),
  'backend-bbolt-freelist-type': ignored('the store is another'),
  'initial-election-tick-advance': ignored('elections begin at once'),
  'strict-reconfig-check': ignored('the members cannot be changed yet'),
  'pre-vote': ignored('an election always begins with one'),
  'failure-detector': of('quorate', text(), 'module', 'timeout, phi-accrual or a module (default "phi-accrual")'),
  election: of(
    'quorate',
    text(),
    'module',
    'raft, timestamp, bully or a module; only with one that carries a log is data kept (default "raft")',
  ),
  agreement: of('quorate', text(), 'module', 'flood-min, threshold or a module (default "threshold")'),
  'max-delay': of(
    'quorate',
    milliseconds(1, 60_000),
    'ms',
    'the longest that a message is assumed to take, handling and disk included (default 100)',
  ),
  'clock-error': of(
    'quorate',
    milliseconds(0, 86_400_000),
    'ms',
    "how far this machine's clock may be off (default 50)",
  ),
  'max-faulty': of(
    'quorate',
    safeInteger(),
    'count',
    'how many nodes votes must survive (default: a minority, or less if the agreement survives fewer)',
  ),
  'vote-value': of(
    'quorate',
    safeInteger(),
    'integer',
    "this node's value in every vote (default: each time a random one from 1 to 100)",
  ),
} as const

export type SettingName = keyof typeof settings
export type SettingValue<Name extends SettingName> = z.output<(typeof settings)[Name]['schema']>

/** Values that were given. What was not given has none. */
export type Values = { readonly [Name in SettingName]?: SettingValue<Name> }

/** How its giver calls a setting: `--name`, also when it was not given. */
export type Labels = Readonly<Record<SettingName, string>>

export const settingNames = Object.keys(settings) as SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name)
}

/** The flag that names a file with settings; it can't stand in one itself. */
export const configFile = 'config-file'

/** The variable that sets what the flag `name` does. */
export function variableOf(name: SettingName | typeof configFile): string {
  const prefix = name === configFile ? 'etcd' : settings[name].whose
  return `${prefix}_${name.replaceAll('-', '_')}`.toUpperCase()
}
