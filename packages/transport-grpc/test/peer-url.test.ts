import { isQuorateError } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { hostPort, parsePeerUrl } from '../src/peer-url.js'

function messageOf(url: unknown, secure = false, anyPort = false): string {
  try {
    parsePeerUrl(url, secure, anyPort)
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_MALFORMED_URL')) return error.message
    throw error
  }
  return 'none'
}

describe('the URL of a peer', () => {
  it.each([
    ['http://127.0.0.1:2380', '127.0.0.1', 2380],
    ['http://node-1.cluster.example:80/', 'node-1.cluster.example', 80],
    ['http://localhost:65535', 'localhost', 65_535],
    ['HTTP://[::1]:2380', '::1', 2380],
  ])('%s leads to a host and a port', (url, host, port) => {
    expect(parsePeerUrl(url, false)).toEqual({ url, host, port, secure: false })
  })

  it('brackets IPv6 where host and port are one word', () => {
    expect(hostPort(parsePeerUrl('https://[fe80::1]:1', true))).toBe('[fe80::1]:1')
    expect(hostPort(parsePeerUrl('http://10.0.0.1:1', false))).toBe('10.0.0.1:1')
  })

  it.each([
    ['127.0.0.1:2380', /write http:\/\/host:port/],
    ['http://127.0.0.1', /write http:\/\/host:port/],
    ['http://a:2380/path', /write http:\/\/host:port/],
    ['http://user@a:2380', /write http:\/\/host:port/],
    ['', /"" is no peer URL/],
    [undefined, /no string/],
    ['unix:///tmp/socket:1', /write http/],
    ['tcp://a:1', /scheme is "tcp"/],
    ['http://a:0', /port is not from 1 to 65535/],
    ['http://a:70000', /port is not from 1 to 65535/],
    ['http://:2380', /neither a host name nor/],
    ['http://300.1.1.1:2380', /"300.1.1.1" is neither/],
    ['http://a b:2380', /"a b" is neither/],
    ['http://-a:2380', /"-a" is neither/],
    ['http://[1.2.3.4]:1', /no IPv6 address/],
  ])('%s is refused, and the message says why', (url, why) => {
    expect(messageOf(url)).toMatch(why)
  })

  it('is https with certificates, and only then', () => {
    expect(messageOf('http://a:1', true)).toMatch(/write https/)
    expect(messageOf('https://a:1', false)).toMatch(/no certificates are configured/)
    expect(parsePeerUrl('https://a:1', true).secure).toBe(true)
  })

  it('may name port 0 where any port will do', () => {
    expect(messageOf('http://a:0', false, true)).toBe('none')
  })
})
