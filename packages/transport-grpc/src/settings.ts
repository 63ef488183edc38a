import { invalidOption, limits, requireInteger, type Incarnation, type NodeId } from '@quorate/core'
import { maxMessageOverheadBytes } from './wire/frame.js'
import { parsePeerUrl, type PeerUrl } from './peer-url.js'
import type { TransportListener } from './report.js'
import type { GrpcService } from './service-definition.js'
import type { TlsOptions } from './tls.js'

export interface GrpcTransportOptions extends TransportListener {
  /** Peers of other clusters are refused. 1 to 128 characters. */
  readonly clusterId: string
  /** This node and this life of it. */
  readonly self: Incarnation
  /** Where to listen, as etcd's `--listen-peer-urls`: `http://host:port`, or `https://host:port` with `tls`. Port 0 takes any. */
  readonly listenUrls: readonly string[]
  /** The other nodes and their URLs, tried in turn. This node itself may be among them and is left out. */
  readonly peers: ReadonlyMap<NodeId, readonly string[]>
  /** Certificates; without them peers talk in clear. */
  readonly tls?: TlsOptions
  /** Services of the application, served at the same ports. */
  readonly services?: readonly GrpcService[]
  readonly timing?: TransportTiming
  readonly bounds?: TransportBounds
}

/** Durations, in milliseconds. */
export interface TransportTiming {
  /** How long a port may take to accept a connection. Default 500. */
  readonly connectTimeoutMs?: number
  /** How long TLS and the handshake may take. Default 3,000. */
  readonly handshakeTimeoutMs?: number
  /** Time between two questions to a peer whether it is still there. Default 1,000. */
  readonly keepaliveTimeMs?: number
  /** A peer that has not answered for so long counts as lost: `timed-out`. Default 3,000. */
  readonly keepaliveTimeoutMs?: number
  /** How long the earlier life of a node may take to prove that it is still there, when a later one appears. Default 500. */
  readonly livenessTimeoutMs?: number
  /** Wait after the first failed attempt to connect; it doubles with each, and between half and all of it is waited. Default 10. */
  readonly minReconnectDelayMs?: number
  /** The longest wait between two attempts. Default 1,000. */
  readonly maxReconnectDelayMs?: number
  /** How long `stop` may take to send what still waits. Default 1,000. */
  readonly stopTimeoutMs?: number
}

export interface TransportBounds {
  /** The most messages that wait for one peer. Default 16,384. */
  readonly maxQueuedMessages?: number
  /** The most bytes that wait for one peer. Default 16 MiB. */
  readonly maxQueuedBytes?: number
  /** Messages share a frame up to so many bytes; a longer one has a frame of its own. Default 64 KiB. */
  readonly maxBatchBytes?: number
  /** The most connections that are accepted at a time. Default 1,024. */
  readonly maxConnections?: number
}

/** Options with their defaults, checked. */
export interface Settings {
  readonly clusterId: string
  readonly self: Incarnation
  readonly timing: Required<TransportTiming>
  readonly bounds: Required<TransportBounds>
  /** Longer frames are dropped, and twice as long ones end their stream. */
  readonly maxFrameBytes: number
}

/** Names and ids are told in messages and logs; longer ones are mistakes. */
export const maxNameLength = limits.maxNameLength

/** Checks the options that are no URL. Throws `QUORATE_INVALID_OPTION`. */
export function settingsOf(options: GrpcTransportOptions): Settings {
  const { clusterId, self, timing = {}, bounds = {} } = options
  requireName('clusterId', clusterId)
  requireName('self.id', self.id)
  requireInteger('self.incarnation', self.incarnation, { min: 0 })
  if (options.listenUrls.length === 0) throw invalidOption('listenUrls', options.listenUrls, 'at least one URL')
  const ms = (name: keyof TransportTiming, fallback: number, max = 600_000): number =>
    requireInteger(`timing.${name}`, timing[name] ?? fallback, { min: 1, max })
  const minReconnectDelayMs = ms('minReconnectDelayMs', 10)
  return {
    clusterId,
    self,
    timing: {
      connectTimeoutMs: ms('connectTimeoutMs', 500),
      handshakeTimeoutMs: ms('handshakeTimeoutMs', 3000),
      keepaliveTimeMs: ms('keepaliveTimeMs', 1000),
      keepaliveTimeoutMs: ms('keepaliveTimeoutMs', 3000),
      livenessTimeoutMs: ms('livenessTimeoutMs', 500),
      minReconnectDelayMs,
      maxReconnectDelayMs: Math.max(ms('maxReconnectDelayMs', 1000), minReconnectDelayMs),
      stopTimeoutMs: ms('stopTimeoutMs', 1000),
    },
    bounds: {
      maxQueuedMessages: requireInteger('bounds.maxQueuedMessages', bounds.maxQueuedMessages ?? 16_384, {
        min: 1,
        max: 1 << 24,
      }),
      maxQueuedBytes: requireInteger('bounds.maxQueuedBytes', bounds.maxQueuedBytes ?? 16 << 20, { min: 1 }),
      maxBatchBytes: requireInteger('bounds.maxBatchBytes', bounds.maxBatchBytes ?? 64 << 10, {
        min: 1,
        max: limits.maxMessageBytes,
      }),
      maxConnections: requireInteger('bounds.maxConnections', bounds.maxConnections ?? 1024, { min: 1, max: 65_535 }),
    },
    maxFrameBytes: limits.maxMessageBytes + maxMessageOverheadBytes,
  }
}

/** The URLs of a peer. Throws `QUORATE_INVALID_OPTION` or `QUORATE_MALFORMED_URL`. */
export function peerUrlsOf(id: NodeId, urls: readonly string[], secure: boolean): readonly PeerUrl[] {
  requireName('the id of a peer', id)
  if (urls.length === 0) throw invalidOption(`peers, "${id}"`, urls, 'at least one URL')
  return urls.map((url) => parsePeerUrl(url, secure))
}

function requireName(option: string, value: unknown): void {
  if (typeof value !== 'string' || value.length === 0 || value.length > maxNameLength) {
    throw invalidOption(option, value, `a string of 1 to ${maxNameLength} characters`)
  }
}
