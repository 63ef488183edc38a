import { QuorateError } from '@quorate/core'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'

/**
 * Certificates, by the names of etcd's flags: `--peer-cert-file`, `--peer-key-file`, `--peer-trusted-ca-file`,
 * `--peer-client-cert-auth`. A string is the path of a PEM file; bytes are the PEM itself.
 */
export interface TlsOptions {
  /** This node's certificate, and those between it and the authority if there are any. It is shown to those who connect and to those who are dialed. */
  readonly certFile: string | Uint8Array
  /** The private key of `certFile`, not encrypted. */
  readonly keyFile: string | Uint8Array
  /** The authorities whose certificates are accepted. Default: those that come with Node. */
  readonly trustedCaFile?: string | Uint8Array
  /** Refuse who connects without a certificate of a trusted authority. It needs `trustedCaFile`. Default false. */
  readonly clientCertAuth?: boolean
}

/** Certificates that were read and fit together. */
export interface TlsMaterial {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca: Buffer | undefined
  readonly clientCertAuth: boolean
  readonly context: SecureContext
}

/**
 * Reads the certificates and checks that they can be used now. Otherwise throws `QUORATE_BAD_CERTIFICATE`, naming the file and
 * what is wrong with it.
 */
export function loadTls(options: TlsOptions, nowMs = Date.now()): TlsMaterial {
  const { clientCertAuth = false } = options
  const cert = read('certFile', options.certFile)
  const key = read('keyFile', options.keyFile)
  const ca = options.trustedCaFile === undefined ? undefined : read('trustedCaFile', options.trustedCaFile)
  if (clientCertAuth && ca === undefined) {
    throw bad(
      'clientCertAuth',
      'is set without trustedCaFile: name the authority whose certificates are to be accepted',
      {},
    )
  }
  const certificate = parse('certFile', options.certFile, cert)
  const from = Date.parse(certificate.validFrom)
  const to = Date.parse(certificate.validTo)
  if (nowMs > to)
    throw bad(nameOf('certFile', options.certFile), `expired on ${certificate.validTo}: renew it`, {
      validTo: certificate.validTo,
    })
  if (nowMs < from) {
    const why = `is not valid before ${certificate.validFrom}: check this machine's clock`
    throw bad(nameOf('certFile', options.certFile), why, { validFrom: certificate.validFrom })
  }
  if (ca !== undefined) parse('trustedCaFile', options.trustedCaFile as string | Uint8Array, ca)
  checkKey(options, certificate, key)
  return { cert, key, ca, clientCertAuth, context: createSecureContext({ cert, key, ...(ca !== undefined && { ca }) }) }
}

function read(option: string, source: string | Uint8Array): Buffer {
  if (typeof source !== 'string') {
    if (source instanceof Uint8Array) return Buffer.from(source)
    throw bad(option, 'is neither the path of a PEM file nor its contents as bytes', {})
  }
  try {
    return readFileSync(source)
  } catch (error) {
    throw bad(nameOf(option, source), `cannot be read: ${(error as Error).message}`, { file: source }, error)
  }
}

function parse(option: string, source: string | Uint8Array, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw bad(nameOf(option, source), `holds no PEM certificate: ${(error as Error).message}`, {}, error)
  }
}

function checkKey(options: TlsOptions, certificate: X509Certificate, pem: Buffer): void {
  const name = nameOf('keyFile', options.keyFile)
  let matches: boolean
  try {
    matches = certificate.checkPrivateKey(createPrivateKey(pem))
  } catch (error) {
    throw bad(name, `holds no usable private key (PEM, not encrypted): ${(error as Error).message}`, {}, error)
  }
  if (!matches)
    throw bad(name, `is not the key of ${nameOf('certFile', options.certFile)}: give the two that belong together`, {})
}

function nameOf(option: string, source: string | Uint8Array): string {
  return typeof source === 'string' ? `${option} "${source}"` : option
}

function bad(what: string, why: string, data: Readonly<Record<string, unknown>>, cause?: unknown): QuorateError {
  return new QuorateError('QUORATE_BAD_CERTIFICATE', `${what} ${why}`, data, cause === undefined ? {} : { cause })
}
