import { QuorateError } from '@quorate/core'
import { isIP } from 'node:net'

/** Where a process listens, or is to be reached. */
export interface PeerUrl {
  /** As it was given. */
  readonly url: string
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** Whether it is `https`. */
  readonly secure: boolean
}

/**
 * Reads a URL of the form `http://host:port` or `https://host:port`; `https` where `secure`, and only there.
 * Otherwise throws `QUORATE_MALFORMED_URL`, naming the URL and what is wrong with it. `anyPort` admits port 0. `whose`: who is reached there.
 */
export function parsePeerUrl(
  url: unknown,
  secure: boolean,
  anyPort = false,
  whose: 'peer' | 'client' = 'peer',
): PeerUrl {
  const fail = (why: string): never => {
    const text = typeof url === 'string' ? `"${url}"` : String(url)
    throw new QuorateError('QUORATE_MALFORMED_URL', `${text} is no ${whose} URL: ${why}`, { url })
  }
  const form = `write ${secure ? 'https' : 'http'}://host:port`
  if (typeof url !== 'string') return fail(`it is no string; ${form}`)
  const match =
    /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?:\[(?<v6>[^\]]*)\]|(?<name>[^:/?#@[\]]*)):(?<port>\d{1,5})\/?$/i.exec(url)
  if (match?.groups === undefined) return fail(form)
  const scheme = match.groups['scheme']?.toLowerCase()
  if (scheme !== 'http' && scheme !== 'https') return fail(`its scheme is "${scheme}"; ${form}`)
  if (secure && scheme === 'http') return fail(`certificates are configured, so ${whose}s speak TLS; write https`)
  if (!secure && scheme === 'https') return fail('no certificates are configured; give them, or write http')
  const port = Number(match.groups['port'])
  if (port > 65_535 || (port === 0 && !anyPort)) return fail('its port is not from 1 to 65535')
  const { v6, name } = match.groups
  if (v6 !== undefined && isIP(v6) !== 6) return fail(`"${v6}" is no IPv6 address`)
  const host = v6 ?? name ?? ''
  if (v6 === undefined && !isHost(host)) return fail(`"${host}" is neither a host name nor an IPv4 address`)
  return { url, host, port, secure: scheme === 'https' }
}

/** `host:port`, with brackets around IPv6. */
export function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function isHost(host: string): boolean {
  if (isIP(host) === 4) return true
  // What consists of digits and dots is a mistyped address, not a name.
  return (
    host.length <= 253 &&
    !/^[\d.]+$/.test(host) &&
    host.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
  )
}
