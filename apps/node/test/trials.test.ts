import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { changRoberts } from '../../../packages/simulation/test/support/chang-roberts.js'
import { floodingVote } from '../../../packages/simulation/test/support/flooding-vote.js'
import { raftElection } from '../../../packages/simulation/test/support/raft-election.js'
import { startNode } from '../src/index.js'
import type { NodeHandle, NodeOptions } from '../src/node-handle.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-trials-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const running: NodeHandle[] = []
afterEach(() => Promise.all(running.splice(0).map((node) => node.stop())))

/** Three nodes in this process, which talk to each other over gRPC and keep their logs on disk. */
async function three(name: string, optionsOf: (id: string) => Partial<NodeOptions>): Promise<readonly NodeHandle[]> {
  const ports = await freeLoopbackPorts(3)
  const initialCluster = Object.fromEntries(ports.map((port, index) => [`n${index + 1}`, [`http://127.0.0.1:${port}`]]))
  for (const id of Object.keys(initialCluster)) {
    running.push(
      await startNode({ name: id, dataDir: join(folder, `${name}-${id}`), initialCluster, ...optionsOf(id) }),
    )
  }
  return running
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const named = (nodes: readonly NodeHandle[]) => [...new Set(nodes.map(({ election }) => election.leader))]

// The protocols that the contracts were tried with, unchanged from the simulator, in real nodes.
describe('in real nodes over gRPC', () => {
  it('the ring election of Chang and Roberts elects the greatest id', async () => {
    const nodes = await three('ring', () => ({ election: changRoberts }))
    await until(() => nodes.every((node) => node.status().peers.every(({ connected }) => connected)))
    nodes[0]?.election.stand()
    await until(() => named(nodes).length === 1 && named(nodes)[0] !== undefined)
    expect(named(nodes)).toEqual(['n3'])
  })

  it("Raft's election, in its plainest form, elects one of them, and another when that stops", async () => {
    const nodes = await three('raft', () => ({ election: raftElection }))
    await until(() => named(nodes).length === 1 && named(nodes)[0] !== undefined)
    const [first] = named(nodes)
    await nodes.find(({ name }) => name === first)?.stop()
    const others = nodes.filter(({ name }) => name !== first)
    await until(() => named(others).length === 1 && named(others)[0] !== undefined && named(others)[0] !== first)
    expect(others.map(({ name }) => name)).toContain(named(others)[0])
  })

  it('the flooding vote decides the smallest value, on all of them', async () => {
    const values: Readonly<Record<string, number>> = { n1: 7, n2: 3, n3: 9 }
    const nodes = await three('vote', (name) => ({
      ...{ election: raftElection, agreement: floodingVote },
      voteValue: () => values[name] as number,
    }))
    await until(() => nodes.every((node) => node.status().peers.every(({ connected }) => connected)))
    const ended = await (nodes[0] as NodeHandle).votes.call()
    expect(ended).toMatchObject({ outcome: 'decided', value: 3 })
    await until(() => nodes.every(({ votes }) => votes.decision(ended.vote) !== undefined))
    expect(nodes.map(({ votes }) => votes.decision(ended.vote))).toEqual([3, 3, 3])
  })
})
