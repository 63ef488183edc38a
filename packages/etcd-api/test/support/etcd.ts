import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why nothing can be compared with real etcd here; undefined when it can. Under CI that is a failure, not a reason to skip. */
export function whyNoEtcd(): string | undefined {
  const missing = ['etcd', 'etcdctl'].filter(
    (name) => spawnSync(name, ['--help'], { stdio: 'ignore' }).error !== undefined,
  )
  if (missing.length === 0) return undefined
  const reason = `${missing.join(' and ')} not installed; Debian has them as etcd-server and etcd-client`
  if (process.env['CI'] === 'true') throw new Error(`under CI this must run: ${reason}`)
  return reason
}

export interface EtcdctlRun {
  readonly code: number
  /** What it printed: its error, if it failed, otherwise its output. */
  readonly output: string
}

export function etcdctl(endpoints: readonly string[], args: readonly string[], input = ''): Promise<EtcdctlRun> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 20_000, encoding: 'latin1' } as const
    const child = execFile(
      'etcdctl',
      ['--endpoints', endpoints.join(','), ...args],
      options,
      (error, stdout, stderr) => {
        const failed = error !== null
        // Its log says the same in other words, with times and addresses.
        const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{"level"'))
        resolve({ code: failed ? Number(error.code ?? -1) : 0, output: said.length > 0 ? said.join('\n') : stdout })
      },
    )
    child.stdin?.end(input)
  })
}

/** A real etcd of one member, on a folder of its own. */
export class RealEtcd {
  readonly url: string
  readonly #child: ChildProcess
  readonly #dir: string

  private constructor(url: string, child: ChildProcess, dir: string) {
    this.url = url
    this.#child = child
    this.#dir = dir
  }

  static async start(): Promise<RealEtcd> {
    const dir = mkdtempSync(join(tmpdir(), 'quorate-etcd-'))
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`) as [string, string]
    const child = spawn(
      'etcd',
      [
        ...['--data-dir', dir, '--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)))
    const etcd = new RealEtcd(client, child, dir)
    for (;;) {
      if (child.exitCode !== null) throw new Error(`etcd ended: ${said}`)
      if ((await etcdctl([client], ['endpoint', 'health', '--command-timeout', '1s'])).code === 0) return etcd
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await ended
    }
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
