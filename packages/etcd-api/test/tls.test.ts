import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createEtcdServer } from '../src/index.js'
import { PutRequestSchema } from '../src/gen/etcdserverpb/rpc_pb.js'
import { etcdctl, whyNoEtcd } from './support/etcd.js'
import { frame, GrpcClient } from './support/grpc-client.js'
import { LocalBackend } from './support/local-backend.js'
import { serve, stopAll } from './support/served.js'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl && process.env['CI'] === 'true') throw new Error('openssl is needed to test TLS: install it')
const noEtcd = whyNoEtcd()

const PUT = '/etcdserverpb.KV/Put'
const put = frame(toBinary(PutRequestSchema, create(PutRequestSchema, { key: Uint8Array.of(107) })))

describe.skipIf(!hasOpenssl)(`TLS${hasOpenssl ? '' : ' (skipped: no openssl)'}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-etcd-api-'))
  const ca = authority('ca')
  const server = signed('server', ca)
  const client = signed('client', ca)
  const stranger = signed('stranger', authority('other'))
  const listenUrls = ['https://127.0.0.1:0']

  afterEach(stopAll)
  afterAll(() => rmSync(dir, { recursive: true }))

  function openssl(...parameters: string[]): void {
    execFileSync('openssl', parameters, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  }

  function pems(name: string): { readonly name: string; readonly cert: Buffer; readonly key: Buffer } {
    const pem = (ending: string): Buffer => readFileSync(join(dir, `${name}.${ending}`))
    return { name, cert: pem('crt'), key: pem('key') }
  }

  function authority(name: string): ReturnType<typeof pems> {
    const subject = ['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE', '-days', '2']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`]
    openssl('req', '-x509', ...key, ...subject, '-out', `${name}.crt`)
    return pems(name)
  }

  function signed(name: string, by: { readonly name: string }): ReturnType<typeof pems> {
    writeFileSync(join(dir, `${name}.ext`), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`]
    openssl('req', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
    const signer = ['-CA', `${by.name}.crt`, '-CAkey', `${by.name}.key`, '-CAcreateserial', '-days', '2']
    openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-extfile', `${name}.ext`, '-out', `${name}.crt`)
    return pems(name)
  }

  it('serves who trusts its certificate', async () => {
    const { url } = await serve({ listenUrls, tls: server })
    const trusting = new GrpcClient(url, { ca: ca.cert })
    expect(await trusting.send(PUT, put)).toMatchObject({ code: 0 })
    trusting.close()
  })

  it('with an authority serves only who has a certificate of it', async () => {
    const served = await serve({ listenUrls, tls: { ...server, ca: ca.cert } })
    const known = new GrpcClient(served.url, { ca: ca.cert, cert: client.cert, key: client.key })
    expect(await known.send(PUT, put)).toMatchObject({ code: 0 })
    known.close()
    for (const wrong of [{}, { cert: stranger.cert, key: stranger.key }]) {
      const unknown = new GrpcClient(served.url, { ca: ca.cert, ...wrong })
      expect(await unknown.send(PUT, put)).toMatchObject({ code: undefined })
      unknown.close()
    }
    expect(served.server.stats().failedConnections).toBeGreaterThanOrEqual(2)
  })

  it('is not spoken in old versions, nor without HTTP/2', async () => {
    const { url, server: own } = await serve({ listenUrls, tls: server })
    const port = Number(new URL(url).port)
    for (const options of [
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' },
      { ALPNProtocols: ['http/1.1'] },
      {},
    ] as const) {
      const socket = connect({ host: '127.0.0.1', port, ca: ca.cert, ...options })
      socket.on('error', () => {})
      socket.resume()
      await new Promise((resolve) => socket.on('close', resolve))
    }
    expect(own.stats()).toMatchObject({ failedConnections: expect.any(Number), connections: 0 })
  })

  it.skipIf(noEtcd !== undefined)('is spoken by etcdctl, also when it asks one member', async () => {
    const { url } = await serve({ listenUrls, tls: { ...server, ca: ca.cert } })
    const trust = ['--cacert', join(dir, 'ca.crt'), '--cert', join(dir, 'client.crt'), '--key', join(dir, 'client.key')]
    expect(await etcdctl([url], [...trust, 'put', 'a', 'b'])).toEqual({ code: 0, output: 'OK\n' })
    expect(await etcdctl([url], [...trust, 'endpoint', 'status'])).toMatchObject({ code: 0 })
    expect(await etcdctl([url], [...trust, 'endpoint', 'hashkv'])).toMatchObject({ code: 0 })
  })

  it.each([
    ['another’s key', { ...server, key: client.key }, 'QUORATE_BAD_CERTIFICATE'],
    ['no certificate', { ...server, cert: Buffer.from('none') }, 'QUORATE_BAD_CERTIFICATE'],
    ['no authority to ask for', { ...server, clientCertAuth: true }, 'QUORATE_INVALID_OPTION'],
  ])('with %s is refused at once', (_title, tls, code) => {
    expect(() => createEtcdServer({ backend: new LocalBackend(), listenUrls, tls })).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
