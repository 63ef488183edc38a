import { isQuorateError, QuorateError } from '@quorate/core'
import { parsePeerUrl, type PeerUrl } from '@quorate/transport-grpc'
import { nearest } from '../nearest.js'
import { parseMetricsUrl } from '../http-server.js'
import type { NodeOptions } from '../node-handle.js'
import type { Labels, SettingName, Values } from './settings.js'

/** The part of a node's options that says who is where. */
export type PeerOptions = Pick<
  NodeOptions,
  'initialCluster' | 'listenPeerUrls' | 'listenMetricsUrls' | 'listenClientUrls' | 'advertiseClientUrls'
>

/**
 * Works out all URLs. Throws `QUORATE_MALFORMED_URL` and `QUORATE_DUPLICATE_URL`, naming flag and URL; `QUORATE_NOT_IN_CLUSTER`; and
 * `QUORATE_ADVERTISE_MISMATCH` when `--initial-cluster` tells the others something else than this node advertises.
 */
export function checkedPeers(
  name: string,
  values: Values,
  labels: Labels,
  secure: boolean,
  secureClients: boolean,
): PeerOptions {
  const advertised = values['initial-advertise-peer-urls']
  const cluster =
    values['initial-cluster'] ?? new Map([[name, advertised ?? [`${secure ? 'https' : 'http'}://localhost:2380`]]])
  const read = (setting: SettingName, url: string, anyPort: boolean): PeerUrl =>
    labelled(labels[setting], () => parsePeerUrl(url, secure, anyPort))

  for (const url of advertised ?? []) read('initial-advertise-peer-urls', url, false)
  requireDistinctMembers(cluster, labels, (url) => read('initial-cluster', url, false))
  const own = cluster.get(name)
  if (own === undefined) throw notInCluster(name, values.name !== undefined, [...cluster.keys()], labels)
  if (advertised !== undefined) requireSame(name, advertised, own, labels)

  const listen = values['listen-peer-urls']
  if (listen !== undefined) {
    requireDistinct(listen, labels['listen-peer-urls'], (url) => keyOf(read('listen-peer-urls', url, true)))
  }
  const metrics = values['listen-metrics-urls']
  if (metrics !== undefined) {
    requireDistinct(metrics, labels['listen-metrics-urls'], (url) =>
      labelled(labels['listen-metrics-urls'], () => keyOf(parseMetricsUrl(url))),
    )
  }
  const clients = clientUrls('listen-client-urls', values, labels, secureClients)
  const advertisedToClients = clientUrls('advertise-client-urls', values, labels, secureClients)
  return {
    initialCluster: Object.fromEntries(cluster),
    ...(clients !== undefined && { listenClientUrls: clients }),
    ...(advertisedToClients !== undefined && { advertiseClientUrls: advertisedToClients }),
    ...(listen !== undefined && { listenPeerUrls: listen }),
    ...(metrics !== undefined && { listenMetricsUrls: metrics }),
  }
}

function clientUrls(
  setting: 'listen-client-urls' | 'advertise-client-urls',
  values: Values,
  labels: Labels,
  secure: boolean,
): readonly string[] | undefined {
  const urls = values[setting]
  const anyPort = setting === 'listen-client-urls'
  const read = (url: string): PeerUrl => labelled(labels[setting], () => parsePeerUrl(url, secure, anyPort, 'client'))
  if (urls !== undefined) requireDistinct(urls, labels[setting], (url) => keyOf(read(url)))
  return urls
}

/** Two URLs with the same key are the same place. Port 0 is a new place each time. */
function keyOf({ host, port }: { readonly host: string; readonly port: number }): string | undefined {
  return port === 0 ? undefined : `${host.toLowerCase()} ${port}`
}

/** Runs `read`, and says which flag an URL that it refuses was given by. */
function labelled<T>(label: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isQuorateError(error)) throw error
    throw new QuorateError(error.code, `${label}: ${error.message}`, error.data, { cause: error })
  }
}

function requireDistinct(urls: readonly string[], label: string, key: (url: string) => string | undefined): void {
  const seen = new Map<string, string>()
  for (const url of urls) {
    const place = key(url)
    if (place === undefined) continue
    if (seen.has(place)) throw duplicate(`${label}: ${url} is there twice; leave one of them out`, url)
    seen.set(place, url)
  }
}

function requireDistinctMembers(
  cluster: ReadonlyMap<string, readonly string[]>,
  labels: Labels,
  read: (url: string) => PeerUrl,
): void {
  const owners = new Map<string, string>()
  const label = labels['initial-cluster']
  for (const [member, urls] of cluster) {
    for (const url of urls) {
      const place = keyOf(read(url)) as string
      const owner = owners.get(place)
      if (owner === member) throw duplicate(`${label}: "${member}" has ${url} twice; leave one of them out`, url)
      if (owner !== undefined) {
        throw duplicate(`${label}: "${owner}" and "${member}" both have ${url}; each needs its own`, url)
      }
      owners.set(place, member)
    }
  }
}

function duplicate(message: string, url: string): QuorateError {
  return new QuorateError('QUORATE_DUPLICATE_URL', message, { url })
}

function notInCluster(name: string, given: boolean, members: readonly string[], labels: Labels): QuorateError {
  const near = nearest(name, members)
  const who = given ? `${labels.name} is "${name}"` : `no name was given, so it is "${name}"`
  return new QuorateError(
    'QUORATE_NOT_IN_CLUSTER',
    `${who}, which ${labels['initial-cluster']} does not have; it has ${members.map((id) => `"${id}"`).join(', ')}` +
      (near === undefined ? `; add "${name}" there or correct the name` : `; did you mean "${near}"?`),
    { name, members, nearest: near },
  )
}

/** The other members go by `--initial-cluster`: where the two differ, they would look for this node in the wrong place. */
function requireSame(name: string, advertised: readonly string[], own: readonly string[], labels: Labels): void {
  const missing = advertised.filter((url) => !own.includes(url))
  const extra = own.filter((url) => !advertised.includes(url))
  if (missing.length === 0 && extra.length === 0) return
  const pairs = (urls: readonly string[]): string => urls.map((url) => `${name}=${url}`).join(',')
  const what = [
    ...(missing.length > 0 ? [`${labels['initial-cluster']} must include ${pairs(missing)}`] : []),
    ...(extra.length > 0 ? [`${labels['initial-cluster']} has ${pairs(extra)}`] : []),
  ]
  throw new QuorateError(
    'QUORATE_ADVERTISE_MISMATCH',
    `${what.join(' and ')}, given ${labels['initial-advertise-peer-urls']}=${advertised.join(',')}; make the two say the same`,
    { name, advertised, initialCluster: own },
  )
}
