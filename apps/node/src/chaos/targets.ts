import { QuorateError } from '@quorate/core'
import { spawnSync } from 'node:child_process'
import { quorateStart, type Command } from '../processes/node-process.js'
import { faultKinds, type ChaosFaultKind } from './faults/kinds.js'
import type { NodePorts } from './proxy/proxy-network.js'

export const targetNames = ['quorate', 'etcd'] as const
export type TargetName = (typeof targetNames)[number]

/** What a target is told of a node. */
export interface TargetNode {
  readonly ports: NodePorts
  readonly dataDir: string
  /** Of all nodes, through the proxy: the same for each. */
  readonly initialCluster: string
  readonly token: string
  /** Where a node of ours tells the time. */
  readonly metricsPort: number
}

/** A program whose nodes are attacked. Both are told the same, by etcd's flags. */
export interface Target {
  readonly name: TargetName
  /** The faults that it can be put under. */
  readonly faults: readonly ChaosFaultKind[]
  /** How its nodes end when they are asked to: by an exit code, or by the signal itself. */
  readonly endsWell: (code: number | null, signal: string | null) => boolean
  command(node: TargetNode): Command
}

export const targets: Readonly<Record<TargetName, Target>> = {
  quorate: {
    name: 'quorate',
    faults: faultKinds,
    endsWell: (code) => code === 0,
    command: (node) => ({
      ...quorateStart([...settings(node), '--listen-metrics-urls', url(node.metricsPort)]),
      // What io_uring syncs cannot be delayed by strace. Node.js 20 uses none; a newer one may.
      env: { UV_USE_IO_URING: '0' },
    }),
  },
  etcd: {
    name: 'etcd',
    faults: faultKinds.filter((kind) => kind !== 'clock'),
    endsWell: (code, signal) => code === 0 || signal === 'SIGTERM',
    command: (node) => ({ file: 'etcd', args: [...settings(node), '--logger', 'zap'], env: {} }),
  },
}

/** Throws `QUORATE_CHAOS_NO_TARGET` when the target's program is not there. */
export function requireTarget(name: TargetName): Target {
  if (name === 'etcd' && spawnSync('etcd', ['--version']).error !== undefined)
    throw new QuorateError(
      'QUORATE_CHAOS_NO_TARGET',
      'there is no program "etcd" on the path; Debian has it as etcd-server, and releases are at https://github.com/etcd-io/etcd',
      { target: name },
    )
  return targets[name]
}

function settings({ ports, dataDir, initialCluster, token }: TargetNode): string[] {
  const { id, peer, client } = ports
  return [
    ...['--name', id, '--data-dir', dataDir],
    ...['--listen-peer-urls', url(peer.listen), '--initial-advertise-peer-urls', url(peer.proxy)],
    ...['--listen-client-urls', url(client.listen), '--advertise-client-urls', url(client.proxy)],
    ...['--initial-cluster', initialCluster, '--initial-cluster-token', token, '--initial-cluster-state', 'new'],
  ]
}

function url(port: number): string {
  return `http://127.0.0.1:${port}`
}
