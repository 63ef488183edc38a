import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
}

/** A directory with certificate authorities and what they sign. */
export class CertificateShop {
  readonly directory = mkdtempSync(join(tmpdir(), 'quorate-certificates-'))
  #count = 0

  authority(name: string): Certificate {
    const { certFile, keyFile } = this.#files()
    const subject = ['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE']
    openssl('req', '-x509', ...newKey, '-days', '2', ...subject, '-keyout', keyFile, '-out', certFile)
    return { certFile, keyFile }
  }

  certificate(
    authority: Certificate,
    altNames = 'IP:127.0.0.1,DNS:localhost',
    usage = 'serverAuth,clientAuth',
  ): Certificate {
    const { certFile, keyFile } = this.#files()
    const request = `${certFile}.csr`
    const extensions = `${certFile}.ext`
    writeFileSync(extensions, `subjectAltName=${altNames}\nextendedKeyUsage=${usage}\n`)
    openssl('req', ...newKey, '-subj', '/CN=peer', '-keyout', keyFile, '-out', request)
    const signer = ['-CA', authority.certFile, '-CAkey', authority.keyFile, '-CAcreateserial']
    openssl('x509', '-req', '-in', request, ...signer, '-days', '2', '-extfile', extensions, '-out', certFile)
    return { certFile, keyFile }
  }

  close(): void {
    rmSync(this.directory, { recursive: true })
  }

  #files(): Certificate {
    const path = join(this.directory, String(++this.#count))
    return { certFile: `${path}.crt`, keyFile: `${path}.key` }
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

function openssl(...parameters: string[]): void {
  execFileSync('openssl', parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
}
