import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startNode, type NodeHandle } from '../src/index.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-restart-'))
const running = new Map<string, NodeHandle>()
afterAll(async () => {
  await Promise.all([...running.values()].map((node) => node.stop()))
  rmSync(folder, { recursive: true, force: true })
})

describe('a member that is started again while nobody writes', () => {
  it('knows what it had, and answers reads', async () => {
    const ports = await freeLoopbackPorts(3)
    // By name, and with ports for all: to open them takes longer than the log's first sync.
    const initialCluster = Object.fromEntries(
      ports.map((port, index) => [`n${index + 1}`, [`http://localhost:${port}`]]),
    )
    const start = async (name: string): Promise<NodeHandle> => {
      const ports = { listenClientUrls: ['http://localhost:0'], listenMetricsUrls: ['http://localhost:0'] }
      const node = await startNode({ name, dataDir: join(folder, name), initialCluster, ...ports })
      running.set(name, node)
      return node
    }
    const [first] = await Promise.all(Object.keys(initialCluster).map(start))
    // The log has no more than what begins the term: no state shows how far it was committed.
    expect(await first?.read()).toBe('ready')
    const follower = [...running.values()].find((node) => node.election.leader !== node.name) as NodeHandle
    for (let restart = 0; restart < 3; restart++) {
      await running.get(follower.name)?.stop()
      const again = await start(follower.name)
      expect(await again.read()).toBe('ready')
    }
  })
})
