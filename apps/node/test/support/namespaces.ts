import { spawnSync } from 'node:child_process'

/** Why hosts of our own cannot be made here, or `undefined` when they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (spawnSync('ip', ['-V']).error !== undefined) return 'the command "ip" is missing: install iproute2'
  const probe = `quorate-${process.pid}-probe`
  const { status, stderr } = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' })
  if (status !== 0) return `network namespaces cannot be made: ${stderr.trim()}`
  spawnSync('ip', ['netns', 'delete', probe])
  return undefined
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
}

/** So many hosts on one switch, each in a network namespace of its own. */
export class Hosts {
  readonly #prefix = `q${process.pid}`
  readonly #count: number

  constructor(count: number) {
    this.#count = count
    const bridge = `${this.#prefix}-switch`
    ip('netns', 'add', bridge)
    ip('-n', bridge, 'link', 'add', 'bridge', 'type', 'bridge')
    ip('-n', bridge, 'link', 'set', 'bridge', 'up')
    for (let host = 1; host <= count; host++) {
      const name = this.name(host)
      ip('netns', 'add', name)
      ip('link', 'add', 'uplink', 'netns', name, 'type', 'veth', 'peer', 'name', `port${host}`, 'netns', bridge)
      ip('-n', bridge, 'link', 'set', `port${host}`, 'master', 'bridge', 'up')
      ip('-n', name, 'address', 'add', `${this.address(host)}/24`, 'dev', 'uplink')
      ip('-n', name, 'link', 'set', 'uplink', 'up')
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
  }

  /** Hosts are numbered from 1. */
  name(host: number): string {
    return `${this.#prefix}-${host}`
  }

  address(host: number): string {
    return `192.0.2.${host}`
  }

  /** Takes a host off the switch: what it sends vanishes, and nothing reaches it. */
  cut(host: number): void {
    ip('-n', `${this.#prefix}-switch`, 'link', 'set', `port${host}`, 'down')
  }

  mend(host: number): void {
    ip('-n', `${this.#prefix}-switch`, 'link', 'set', `port${host}`, 'up')
  }

  remove(): void {
    for (let host = 1; host <= this.#count; host++) spawnSync('ip', ['netns', 'delete', this.name(host)])
    spawnSync('ip', ['netns', 'delete', `${this.#prefix}-switch`])
  }
}
