import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freeLoopbackPorts } from '../../../src/processes/free-ports.js'
import { etcdctl } from './etcdctl.js'

/** Why what compares with real etcd cannot run here, if it cannot. */
export function whyNoEtcd(...programs: readonly ('etcd' | 'etcdctl')[]): string | undefined {
  const missing = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined)
  if (missing.length === 0) return undefined
  return `there is no ${missing.join(' and no ')}; Debian has them as etcd-server and etcd-client`
}

/** A member of a cluster and where it is reached. */
export interface Member {
  readonly name: string
  readonly peerUrl: string
  readonly clientUrl: string
  /** Where it listens for clients, too, without telling others. */
  readonly localUrl: string
  readonly dataDir: string
}

/** How a member is told what it is: flags, variables of the environment, a file. */
export interface Told {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A way in which a member is told. */
export type Way = (member: Member, members: readonly Member[]) => Told

/** Members at free ports of this machine, with folders below `folder`. */
async function membersIn(folder: string, size: number): Promise<readonly Member[]> {
  const ports = await freeLoopbackPorts(3 * size)
  return Array.from({ length: size }, (_, index) => ({
    name: `n${index + 1}`,
    peerUrl: `http://127.0.0.1:${ports[index]}`,
    clientUrl: `http://127.0.0.1:${ports[index + size]}`,
    localUrl: `http://localhost:${ports[index + 2 * size]}`,
    dataDir: join(folder, `n${index + 1}`),
  }))
}

/** What is to be told, by etcd's names, in the order of its guide to clusters. */
function settingsOf(member: Member, members: readonly Member[]): readonly (readonly [string, string])[] {
  return [
    ['name', member.name],
    ['data-dir', member.dataDir],
    ['initial-advertise-peer-urls', member.peerUrl],
    ['listen-peer-urls', member.peerUrl],
    ['listen-client-urls', `${member.clientUrl},${member.localUrl}`],
    ['advertise-client-urls', member.clientUrl],
    ['initial-cluster-token', 'etcd-cluster-1'],
    ['initial-cluster', members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')],
    ['initial-cluster-state', 'new'],
  ]
}

export function byFlags(member: Member, members: readonly Member[]): Told {
  return { args: settingsOf(member, members).flatMap(([name, value]) => [`--${name}`, value]), env: {} }
}

export function byVariables(member: Member, members: readonly Member[]): Told {
  const variable = (name: string): string => `ETCD_${name.toUpperCase().replaceAll('-', '_')}`
  return {
    args: [],
    env: Object.fromEntries(settingsOf(member, members).map(([name, value]) => [variable(name), value])),
  }
}

/** The keys of etcd's sample of a file, those that are left empty or switched off there too. */
export function byFile(member: Member, members: readonly Member[]): Told {
  const file = `${member.dataDir}.yaml`
  const section = {
    'cert-file': null,
    'key-file': null,
    'client-cert-auth': false,
    'trusted-ca-file': null,
    'auto-tls': false,
  }
  const content = {
    ...Object.fromEntries(settingsOf(member, members)),
    'wal-dir': null,
    'snapshot-count': 10_000,
    'heartbeat-interval': 100,
    'election-timeout': 1000,
    'quota-backend-bytes': 0,
    'max-snapshots': 5,
    'max-wals': 5,
    cors: null,
    discovery: null,
    'strict-reconfig-check': false,
    'enable-pprof': false,
    'client-transport-security': section,
    'peer-transport-security': section,
    debug: false,
    'force-new-cluster': false,
  }
  writeFileSync(file, stringify(content))
  return { args: [`--config-file=${file}`], env: {} }
}

/** The two programs that are to do the same. */
export const programs = {
  etcd: ['etcd'],
  ours: [process.execPath, fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url)), 'start'],
} as const
export type Program = keyof typeof programs

/** Processes of one of the programs. */
export class Cluster {
  readonly program: Program
  readonly members: readonly Member[]
  readonly folder: string
  readonly #running: ChildProcess[] = []

  private constructor(program: Program, folder: string, members: readonly Member[]) {
    this.program = program
    this.folder = folder
    this.members = members
  }

  /** Starts one with a member for each of these ways, and waits until each answers and there is a leader. */
  static async start(program: Program, ways: readonly Way[]): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), `quorate-${program}-`))
    const members = await membersIn(folder, ways.length)
    const cluster = new Cluster(program, folder, members)
    try {
      for (const [index, member] of members.entries()) cluster.#spawn(member, (ways[index] as Way)(member, members))
      await cluster.#healthy()
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  get endpoints(): readonly string[] {
    return this.members.map(({ clientUrl }) => clientUrl.replace('http://', ''))
  }

  async close(): Promise<void> {
    const ended = this.#running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    await Promise.all(
      ended.map((child) => {
        const end = once(child, 'exit')
        child.kill('SIGKILL')
        return end
      }),
    )
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #spawn(member: Member, { args, env }: Told): void {
    const [command, ...first] = programs[this.program] as readonly string[] as [string, ...string[]]
    const inherited = Object.entries(process.env).filter(([name]) => !/^(ETCD|QUORATE)_/.test(name))
    mkdirSync(member.dataDir, { mode: 0o700 })
    const log = openSync(`${member.dataDir}.log`, 'a')
    const child = spawn(command, [...first, ...args], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#running.push(child)
  }

  async #healthy(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const all = this.members.flatMap(({ clientUrl, localUrl }) => [clientUrl, localUrl])
      const { code, stderr } = await etcdctl(all, ['endpoint', 'health', '--command-timeout', '1s'])
      if (code === 0) return
      const failed = this.#running.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)
      if (failed || tries > 100) {
        const logs = this.members.map(({ dataDir }) => readFileSync(`${dataDir}.log`, 'utf8').slice(-2000))
        throw new Error(`not all nodes of ${this.program} are healthy: ${stderr}\n${logs.join('\n')}`)
      }
      await sleep(100)
    }
  }
}

/** All of these clusters, or, when one does not come up, none. */
export async function startAll(starts: readonly Promise<Cluster>[]): Promise<readonly Cluster[]> {
  const ends = await Promise.allSettled(starts)
  const clusters = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed === undefined) return clusters
  await Promise.all(clusters.map((cluster) => cluster.close()))
  throw failed.reason
}
