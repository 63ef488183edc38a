import { QuorateError } from '@quorate/core'

/** Where clients are listened for. */
export interface ListenUrl {
  readonly url: string
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
  readonly secure: boolean
}

/** Reads `http://host:port`, or `https://host:port` when there are certificates. Otherwise throws `QUORATE_MALFORMED_URL`. */
export function parseListenUrl(url: string, hasTls: boolean): ListenUrl {
  const fail = (why: string): never => {
    throw new QuorateError('QUORATE_MALFORMED_URL', `"${url}" is no URL to listen at for clients: ${why}`, { url })
  }
  const match = /^(https?):\/\/(?:\[([\da-f:.]+)\]|([a-z\d._-]+)):(\d{1,5})\/?$/i.exec(url)
  if (match === null) return fail('write http://host:port or https://host:port')
  const [, scheme = '', v6, name = '', digits] = match
  const secure = scheme.toLowerCase() === 'https'
  if (secure && !hasTls) return fail('no certificate is given; give one, or write http')
  const port = Number(digits)
  if (port > 65_535) return fail('its port is not from 0 to 65535')
  return { url, host: v6 ?? name, port, secure }
}

export function urlOf({ host, secure }: ListenUrl, port: number): string {
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
