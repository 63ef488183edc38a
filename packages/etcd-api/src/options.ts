import { invalidOption, requireInteger } from '@quorate/core'
import type { EtcdBackend } from './backend.js'
import { parseListenUrl, type ListenUrl } from './listen-url.js'

export interface EtcdServerOptions {
  readonly backend: EtcdBackend
  /** `http://host:port`, and with `tls` also `https://host:port`; port 0 takes any. etcd's `--listen-client-urls`. */
  readonly listenUrls: readonly string[]
  readonly tls?: EtcdServerTls | undefined
  /**
   * When a request ends that has no result yet and whose client sets no earlier deadline, in milliseconds. Default 7000: 5 s and twice an
   * election timeout of 1 s, as in etcd.
   */
  readonly requestTimeoutMs?: number | undefined
  /** A client that was silent for so long is asked whether it is there; silent for as long again it is disconnected. Default 60,000. */
  readonly keepaliveIntervalMs?: number | undefined
  readonly bounds?: EtcdServerBounds | undefined
}

/** Certificates, as PEM. */
export interface EtcdServerTls {
  /** etcd's `--cert-file`. */
  readonly cert: Uint8Array
  /** etcd's `--key-file`, not encrypted. */
  readonly key: Uint8Array
  /** etcd's `--trusted-ca-file`. As in etcd, with it clients must show a certificate of this authority. */
  readonly ca?: Uint8Array | undefined
  /** etcd's `--client-cert-auth`: clients must show a certificate. It needs `ca`. Default: whether there is a `ca`. */
  readonly clientCertAuth?: boolean | undefined
}

export interface EtcdServerBounds {
  /** Requests at the same time; more are answered `etcdserver: too many requests`. Default 16,384. */
  readonly maxInFlightRequests?: number | undefined
  /** Bytes of requests that are still coming and of answers that are not taken yet; then requests are refused. Default 256 MiB. */
  readonly maxHeldBytes?: number | undefined
  /** More are closed as they come. Default 10,000. */
  readonly maxConnections?: number | undefined
}

export interface Settings {
  readonly urls: readonly ListenUrl[]
  readonly tls: EtcdServerTls | undefined
  readonly requestTimeoutMs: number
  readonly keepaliveIntervalMs: number
  readonly maxInFlightRequests: number
  readonly maxHeldBytes: number
  readonly maxConnections: number
}

const hour = { min: 1, max: 3_600_000 }

/** Checks the options. Throws `QUORATE_INVALID_OPTION` or `QUORATE_MALFORMED_URL`. */
export function settingsOf(options: EtcdServerOptions): Settings {
  const { listenUrls, tls, bounds = {} } = options
  if (listenUrls.length === 0) throw invalidOption('listenUrls', listenUrls, 'at least one URL')
  if (tls?.clientCertAuth === true && tls.ca === undefined) {
    throw invalidOption('tls.ca', undefined, 'the authority whose certificates are accepted, with tls.clientCertAuth')
  }
  return {
    urls: listenUrls.map((url) => parseListenUrl(url, tls !== undefined)),
    tls,
    requestTimeoutMs: requireInteger('requestTimeoutMs', options.requestTimeoutMs ?? 7000, hour),
    keepaliveIntervalMs: requireInteger('keepaliveIntervalMs', options.keepaliveIntervalMs ?? 60_000, hour),
    maxInFlightRequests: requireInteger('bounds.maxInFlightRequests', bounds.maxInFlightRequests ?? 16_384, {
      min: 1,
      max: 1 << 20,
    }),
    maxHeldBytes: requireInteger('bounds.maxHeldBytes', bounds.maxHeldBytes ?? 256 << 20, { min: 1 }),
    maxConnections: requireInteger('bounds.maxConnections', bounds.maxConnections ?? 10_000, { min: 1, max: 65_535 }),
  }
}
