import {
  carriesNoLog,
  QuorateError,
  requireInteger,
  requireMembers,
  requireNumber,
  type AgreementDefinition,
  type ElectionDefinition,
  type FailureDetectorDefinition,
  type NodeId,
} from '@quorate/core'
import { createHash } from 'node:crypto'
import { loadAgreement, loadElection, loadFailureDetector } from './algorithms.js'
import type { NodeOptions } from './node-handle.js'
import { requireResilience } from './resilience.js'

/** A node's options, checked, with every default filled in and every algorithm loaded. */
export interface NodeSettings {
  readonly name: NodeId
  readonly dataDir: string
  readonly members: readonly NodeId[]
  readonly initialCluster: Readonly<Record<NodeId, readonly string[]>>
  readonly clusterId: string
  readonly listenPeerUrls: readonly string[]
  readonly heartbeatIntervalMs: number
  readonly detectionTimeMs: number
  readonly maxDelayMs: number
  readonly clockErrorMs: number
  readonly failureDetector: FailureDetectorDefinition<unknown>
  readonly election: ElectionDefinition<unknown>
  readonly agreement: AgreementDefinition<unknown>
  readonly maxFaulty: number
  /** Whether the members replicate a state: if their election carries a log. */
  readonly replicates: boolean
  /** How long a request may wait for a leader, in milliseconds. */
  readonly requestTimeoutMs: number
  readonly listenClientUrls: readonly string[]
  readonly advertiseClientUrls: readonly string[]
}

/** Names become parts of the names of votes, which have their own limit. */
const maxIdLength = 64

/** What a node does when its options say nothing else. Times are in milliseconds. */
export const defaults = {
  initialClusterToken: 'quorate-cluster',
  heartbeatIntervalMs: 100,
  electionTimeoutMs: 1000,
  maxDelayMs: 100,
  clockErrorMs: 50,
  failureDetector: 'phi-accrual',
  election: 'raft',
  agreement: 'threshold',
} as const

/**
 * Checks a node's options and loads its algorithms. Throws a `QuorateError` that names the option, its value and what it may be:
 * `QUORATE_INVALID_OPTION`, `QUORATE_INVALID_MEMBERS`, `QUORATE_NOT_IN_CLUSTER`, or one of `loadElection` and its like.
 */
export async function nodeSettings(options: NodeOptions): Promise<NodeSettings> {
  const { name, dataDir, initialCluster } = options
  requireText('name', name)
  requireText('dataDir', dataDir)
  const members = requireMembers(Object.keys(initialCluster))
  if (!members.includes(name)) {
    throw new QuorateError(
      'QUORATE_NOT_IN_CLUSTER',
      `this node's name, "${name}", is not in its initial cluster: ${members.join(', ')}; add it there or correct the name`,
      { name, members },
    )
  }
  for (const id of members) {
    if (id.length > maxIdLength) {
      throw new QuorateError(
        'QUORATE_INVALID_MEMBERS',
        `member "${id}": a name has at most ${maxIdLength} characters`,
        { id },
      )
    }
    // Names become parts of paths of protocols.
    if (id.includes('/')) throw new QuorateError('QUORATE_INVALID_MEMBERS', `member "${id}": a name has no "/"`, { id })
  }
  requireDistinctUrls(initialCluster)
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? defaults.heartbeatIntervalMs
  requireNumber('heartbeatIntervalMs', heartbeatIntervalMs, { min: 1, max: 60_000 })
  const detectionTimeMs = options.electionTimeoutMs ?? defaults.electionTimeoutMs
  // One heartbeat may always be lost or late: a bound of less than two would suspect the living.
  requireNumber('electionTimeoutMs', detectionTimeMs, { min: 2 * heartbeatIntervalMs, max: 600_000 })
  const agreement = await loadAgreement(options.agreement ?? defaults.agreement, options.resolveFrom)
  const election = await loadElection(options.election ?? defaults.election, options.resolveFrom)
  requireReplication(options, election)
  if (options.quotaBytes !== undefined) requireInteger('quotaBytes', options.quotaBytes, { min: 1 })
  const { listenClientUrls = [], advertiseClientUrls = listenClientUrls } = options
  return {
    name,
    dataDir,
    members,
    initialCluster,
    clusterId: clusterId(options.initialClusterToken ?? defaults.initialClusterToken, members),
    listenPeerUrls: options.listenPeerUrls ?? initialCluster[name] ?? [],
    heartbeatIntervalMs,
    detectionTimeMs,
    maxDelayMs: requireNumber('maxDelayMs', options.maxDelayMs ?? defaults.maxDelayMs, { min: 1, max: 60_000 }),
    clockErrorMs: requireNumber('clockErrorMs', options.clockErrorMs ?? defaults.clockErrorMs, { min: 0 }),
    failureDetector: await loadFailureDetector(
      options.failureDetector ?? defaults.failureDetector,
      options.resolveFrom,
    ),
    election,
    agreement,
    maxFaulty: maxFaulty(options.maxFaulty, agreement, members.length),
    replicates: election.carriesLog,
    // As etcd's: a disk's and a network's time, and two elections.
    requestTimeoutMs: 5_000 + 2 * detectionTimeMs,
    listenClientUrls,
    advertiseClientUrls,
  }
}

/** A state is replicated on a log, and a log is carried by an election whose terms are durable: refused, by name, for others. */
function requireReplication(options: NodeOptions, election: ElectionDefinition<unknown>): void {
  const clients = (options.listenClientUrls ?? []).length > 0
  if (clients && options.stateMachine !== undefined) {
    throw new QuorateError(
      'QUORATE_INVALID_OPTION',
      'listenClientUrls serve the key-value store, and stateMachine takes its place; leave one of them out',
      { option: 'stateMachine' },
    )
  }
  if (election.carriesLog || !(clients || options.stateMachine !== undefined)) return
  throw carriesNoLog(election, `, or leave out what needs a log (${clients ? 'client URLs' : 'stateMachine'})`)
}

/**
 * The same for all members, and different for clusters with another token or other members, so that nodes of different clusters
 * never take each other's word. 16 hexadecimal digits.
 */
export function clusterId(token: string, members: readonly NodeId[]): string {
  const hash = createHash('sha256')
  for (const part of [token, ...[...members].sort()]) hash.update(`${part.length}:${part}`)
  return hash.digest('hex').slice(0, 16)
}

/** How many nodes votes are to survive. Throws `QUORATE_TOO_MANY_FAULTS` when the algorithm cannot, stating the bound. */
function maxFaulty(asked: number | undefined, agreement: AgreementDefinition<unknown>, members: number): number {
  requireResilience(agreement, members, asked)
  return asked ?? Math.min(agreement.resilience(members), Math.floor((members - 1) / 2))
}

function requireText(option: string, value: unknown): void {
  if (typeof value === 'string' && value.length > 0) return
  throw new QuorateError(
    'QUORATE_INVALID_OPTION',
    `${option} is ${JSON.stringify(value)}; it must be a text that is not empty`,
    {
      option,
      value,
    },
  )
}

function requireDistinctUrls(initialCluster: NodeOptions['initialCluster']): void {
  const owners = new Map<string, NodeId>()
  for (const [id, urls] of Object.entries(initialCluster)) {
    if (urls.length === 0)
      throw new QuorateError('QUORATE_INVALID_MEMBERS', `member "${id}" has no peer URL; give it one`, { id })
    for (const url of urls) {
      const owner = owners.get(url)
      if (owner !== undefined) {
        throw new QuorateError(
          'QUORATE_DUPLICATE_URL',
          `${url} is a peer URL of both "${owner}" and "${id}"; each has its own`,
          { url },
        )
      }
      owners.set(url, id)
    }
  }
}
