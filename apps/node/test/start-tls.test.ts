import { afterAll, describe, expect, it } from 'vitest'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { hasOpenssl, makeCertificates } from './support/certificates.js'
import { agreedLeader, clusterAt, Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

describe.skipIf(!hasOpenssl)('over mutual TLS (skipped where there is no openssl to make certificates)', () => {
  it('nodes elect a leader, and status sees it with a certificate and not without', async () => {
    const { cert, key, ca } = makeCertificates(bench.folder)
    const ports = await freeLoopbackPorts(3)
    const tls = [
      '--peer-cert-file',
      cert,
      '--peer-key-file',
      key,
      '--peer-trusted-ca-file',
      ca,
      '--peer-client-cert-auth',
    ]
    const nodes = [1, 2, 3].map((number) => {
      const flags = [
        '--name',
        `n${number}`,
        '--data-dir',
        bench.path(`n${number}`),
        '--initial-cluster',
        clusterAt(ports, 'https'),
      ]
      return bench.start(['start', ...flags, ...tls])
    })
    const leader = await agreedLeader(nodes, ['n1', 'n2', 'n3'])

    const endpoint = ['--endpoints', `https://127.0.0.1:${ports[0]}`]
    const shown = await bench.run(['status', ...endpoint, '--cert', cert, '--key', key, '--cacert', ca])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain(`all 3 nodes agree: ${leader} leads`)

    const unencrypted = ['status', '--timeout', '1000', '--endpoints', `http://127.0.0.1:${ports[0]}`]
    const refused = await bench.run(unencrypted)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('quorate: QUORATE_UNREACHABLE: ')
    const elsewhere = ['--cert', bench.path('nowhere.pem'), '--key', key, '--cacert', ca]
    const unreadable = await bench.run(['status', ...endpoint, ...elsewhere])
    expect(unreadable).toMatchObject({ code: 1, stdout: '' })
    expect(unreadable.stderr).toMatch(/^quorate: QUORATE_BAD_CERTIFICATE: .*nowhere\.pem/)
    const plain = await bench.run(['status', ...endpoint])
    expect(plain).toMatchObject({ code: 1, stdout: '' })
    expect(plain.stderr).toContain('quorate: QUORATE_MALFORMED_URL: ')
  })
})
