import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Makes an authority in `folder`, and a certificate of its for 127.0.0.1, valid from now on for two days. */
export function makeCertificates(folder: string): { readonly cert: string; readonly key: string; readonly ca: string } {
  const [ca, caKey, cert, key] = ['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  const [request, extensions] = [`${cert}.csr`, `${cert}.ext`]
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
  const authority = ['-subj', '/CN=authority', '-addext', 'basicConstraints=critical,CA:TRUE', '-days', '2']
  openssl('req', '-x509', ...newKey, ...authority, '-keyout', caKey, '-out', ca)
  openssl('req', ...newKey, '-subj', '/CN=node', '-keyout', key, '-out', request)
  const signer = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions]
  openssl('x509', '-req', '-in', request, ...signer, '-out', cert)
  return { cert, key, ca }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
