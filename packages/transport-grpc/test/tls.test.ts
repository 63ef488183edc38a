import { isQuorateError } from '@quorate/core'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadTls, type TlsOptions } from '../src/tls.js'
import { CertificateShop, hasOpenssl, type Certificate } from './certificates.js'
import { connected, makeNode, startCluster, stopAll, until, type Node } from './helpers.js'

if (!hasOpenssl && process.env['CI'] === 'true') throw new Error('openssl is needed to test TLS: install it')
const describeTls = hasOpenssl ? describe : describe.skip
const needs = hasOpenssl ? '' : ' (skipped: openssl is not installed)'

let shop: CertificateShop
let authority: Certificate
let stranger: Certificate
let mine: Certificate
let yours: Certificate

beforeAll(() => {
  if (!hasOpenssl) return
  shop = new CertificateShop()
  authority = shop.authority('Test')
  stranger = shop.authority('Stranger')
  mine = shop.certificate(authority)
  yours = shop.certificate(authority)
})
afterAll(() => shop?.close())
afterEach(stopAll)

/** Mutual TLS with the certificate given. */
function mutual(certificate: Certificate): TlsOptions {
  return { ...certificate, trustedCaFile: authority.certFile, clientCertAuth: true }
}

/** Node a, which demands certificates of the authority, and node b as given; b dials a, a dials b. */
async function startPair(ofB: TlsOptions): Promise<readonly [Node, Node]> {
  const a = makeNode('a', { tls: mutual(mine) })
  const b = makeNode('b', { tls: ofB })
  await startCluster(a, b)
  return [a, b]
}

async function reportOf(node: Node, type: string): Promise<unknown> {
  await until(() => node.reports.some((report) => report.type === type))
  return node.reports.find((report) => report.type === type)
}

describeTls(`peers with certificates of one authority${needs}`, () => {
  it('talk to each other', async () => {
    const [a, b] = await startPair(mutual(yours))
    await connected(a, b)
    a.send('b', 'secret')
    await until(() => b.received.length === 1)
    expect([a.reports, b.reports]).toEqual([[], []])
  })

  it('talk to each other by name, too', async () => {
    const [a, b] = ['a', 'b'].map((id) => makeNode(id, { tls: mutual(mine), listenUrls: ['https://localhost:0'] })) as [
      Node,
      Node,
    ]
    await startCluster(a, b)
    await connected(a, b)
  })

  it('talk to each other with certificates given as bytes', async () => {
    const bytes = {
      certFile: readFileSync(yours.certFile),
      keyFile: readFileSync(yours.keyFile),
      trustedCaFile: readFileSync(authority.certFile),
    }
    const [a, b] = await startPair({ ...bytes, clientCertAuth: true })
    await connected(a, b)
  })

  it('cause no warnings', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error): number => warnings.push(warning)
    process.on('warning', warn)
    const [a, b] = await startPair(mutual(yours))
    await connected(a, b)
    await new Promise(setImmediate)
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })
})

describeTls(`a wrong certificate${needs}`, () => {
  it('of another authority is refused by both sides, and both say why', async () => {
    const foreign = shop.certificate(stranger)
    const [a, b] = await startPair({ ...foreign, trustedCaFile: authority.certFile, clientCertAuth: true })
    expect(await reportOf(a, 'refused-connection')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(/is refused \(UNABLE_TO_/),
    })
    expect(await reportOf(b, 'handshake-failed')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(
        /https:\/\/127\.0\.0\.1:\d+: it closed the connection once it had seen this node's certificate/,
      ),
    })
    expect(await reportOf(a, 'handshake-failed')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(/UNABLE_TO_/),
    })
    expect([a.events, b.events]).toEqual([[], []])
  })

  it('for another host is refused by who dials, naming both', async () => {
    const elsewhere = shop.certificate(authority, 'DNS:elsewhere.example,IP:10.9.8.7')
    const [a] = await startPair(mutual(elsewhere))
    expect(await reportOf(a, 'handshake-failed')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(/127\.0\.0\.1.*10\.9\.8\.7.*ERR_TLS_CERT_ALTNAME_INVALID/),
    })
    expect(a.events).toEqual([])
  })

  it('that is for servers only is refused from who dials', async () => {
    const serverOnly = shop.certificate(authority, undefined, 'serverAuth')
    const [a, b] = await startPair(mutual(serverOnly))
    expect(await reportOf(a, 'refused-connection')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(/INVALID_PURPOSE/),
    })
    await until(() => b.reports.length > 0)
    expect(b.events).toEqual([])
  })
})

describeTls(`a peer without a certificate${needs}`, () => {
  it('is refused, is told so by TLS, and does not reach any service', async () => {
    const a = makeNode('a', { tls: mutual(mine) })
    await a.transport.start()
    const { port } = new URL(a.url())
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      const options = {
        host: '127.0.0.1',
        port: Number(port),
        ca: readFileSync(authority.certFile),
        ALPNProtocols: ['h2'],
      }
      connectTls(options).on('error', resolve)
    })
    expect(error.code).toMatch(/CERTIFICATE_REQUIRED/)
    expect(await reportOf(a, 'refused-connection')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(/peer did not return a certificate/),
    })
  })

  it('is let in where certificates of clients are not asked for', async () => {
    const open = { trustedCaFile: authority.certFile }
    const [a, b] = [
      makeNode('a', { tls: { ...mine, ...open } }),
      makeNode('b', { tls: { ...shop.certificate(stranger), ...open } }),
    ]
    await startCluster(a, b)
    await until(() => b.stats('a').state === 'connected')
    expect(a.stats('b').incoming).toBe(true)
  })

  it('that speaks no TLS is refused, and neither side takes it for a connection', async () => {
    const a = makeNode('a', { tls: mutual(mine) })
    await a.transport.start()
    const b = makeNode('b', { peers: new Map([['a', [a.url().replace('https', 'http')]]]) })
    await b.transport.start()
    expect(await reportOf(b, 'handshake-failed')).toMatchObject({
      code: 'QUORATE_HANDSHAKE_FAILED',
      message: expect.stringMatching(/both use TLS or neither/),
    })
    expect(await reportOf(a, 'refused-connection')).toMatchObject({
      code: 'QUORATE_HANDSHAKE_FAILED',
      message: expect.stringMatching(/no TLS with it/),
    })
  })

  it('that dials by TLS who speaks none is told so', async () => {
    const a = makeNode('a')
    await a.transport.start()
    const b = makeNode('b', { tls: mutual(yours), peers: new Map([['a', [a.url().replace('http', 'https')]]]) })
    await b.transport.start()
    expect(await reportOf(b, 'handshake-failed')).toMatchObject({
      code: 'QUORATE_BAD_CERTIFICATE',
      message: expect.stringMatching(/no TLS with https.*(?:wrong version number|packet length)/i),
    })
  })
})

describeTls(`a port with TLS${needs}`, () => {
  it('says nothing of who only asks whether it is open', async () => {
    const a = makeNode('a', { tls: mutual(mine) })
    await a.transport.start()
    const { port } = new URL(a.url())
    for (let count = 0; count < 5; count++) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end())
        socket.on('close', () => resolve()).resume()
      })
    }
    expect(a.reports).toEqual([])
  })

  it('refuses who speaks TLS but not HTTP/2', async () => {
    const a = makeNode('a', { tls: mutual(mine) })
    await a.transport.start()
    const options = { host: '127.0.0.1', port: Number(new URL(a.url()).port), ca: readFileSync(authority.certFile) }
    const socket = connectTls({ ...options, cert: readFileSync(yours.certFile), key: readFileSync(yours.keyFile) })
    await new Promise<void>((resolve) =>
      socket
        .on('error', () => {})
        .on('close', () => resolve())
        .resume(),
    )
    expect(a.reports).toMatchObject([
      { type: 'refused-connection', code: 'QUORATE_HANDSHAKE_FAILED', message: expect.stringMatching(/not HTTP\/2/) },
    ])
  })
})

describeTls(`certificates that cannot be used${needs}`, () => {
  const messageOf = (options: Partial<TlsOptions>, nowMs?: number): string => {
    try {
      loadTls({ ...mutual(mine), ...options }, nowMs)
    } catch (error) {
      if (isQuorateError(error, 'QUORATE_BAD_CERTIFICATE')) return error.message
      throw error
    }
    return 'none'
  }

  it('are named at once, with what is wrong', () => {
    const garbage = join(shop.directory, 'garbage.pem')
    writeFileSync(garbage, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
    expect(messageOf({})).toBe('none')
    expect(messageOf({ certFile: '/nowhere/peer.crt' })).toMatch(
      /^certFile "\/nowhere\/peer.crt" cannot be read: ENOENT/,
    )
    expect(messageOf({ keyFile: '/nowhere/peer.key' })).toMatch(/^keyFile "\/nowhere\/peer.key" cannot be read/)
    expect(messageOf({ trustedCaFile: garbage })).toMatch(`trustedCaFile "${garbage}" holds no PEM certificate`)
    expect(messageOf({ certFile: garbage })).toMatch(`certFile "${garbage}" holds no PEM certificate`)
    expect(messageOf({ certFile: Buffer.from('x') })).toMatch(/^certFile holds no PEM certificate/)
    expect(messageOf({ keyFile: mine.certFile })).toMatch(/holds no usable private key/)
    expect(messageOf({ keyFile: yours.keyFile })).toMatch(
      `keyFile "${yours.keyFile}" is not the key of certFile "${mine.certFile}"`,
    )
  })

  it('are those that have expired or are not valid yet, by the date', () => {
    const day = 86_400_000
    expect(messageOf({}, Date.now() + 3 * day)).toMatch(/expired on .*: renew it/)
    expect(messageOf({}, Date.now() - 3 * day)).toMatch(/is not valid before .*clock/)
  })

  it('are those that demand what cannot be checked', () => {
    expect(() => loadTls({ ...mine, clientCertAuth: true })).toThrow(/clientCertAuth is set without trustedCaFile/)
  })
})
