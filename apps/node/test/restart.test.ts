import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNode, type NodeHandle } from '../src/index.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-restart-'))
const names = ['n1', 'n2', 'n3']
const running = new Map<string, NodeHandle>()
let initialCluster: Record<string, string[]> = {}

beforeAll(async () => {
  const ports = await freeLoopbackPorts(3)
  // By name, and with ports for all: to open them takes longer than the log's first sync.
  initialCluster = Object.fromEntries(names.map((name, index) => [name, [`http://localhost:${ports[index]}`]]))
  await Promise.all(names.map(start))
})

afterAll(async () => {
  await Promise.all([...running.values()].map((node) => node.stop()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(name: string): Promise<NodeHandle> {
  const ports = { listenClientUrls: ['http://localhost:0'], listenMetricsUrls: ['http://localhost:0'] }
  const node = await startNode({ name, dataDir: join(folder, name), initialCluster, ...ports })
  running.set(name, node)
  return node
}

async function stoppedFollower(): Promise<string> {
  expect(await running.get('n1')?.read()).toBe('ready')
  const follower = [...running.values()].find((node) => node.election.leader !== node.name) as NodeHandle
  await follower.stop()
  return follower.name
}

describe('a member that is started again while nobody writes', () => {
  it('knows what it had, and answers reads', async () => {
    // The log has no more than what begins the term: no state shows how far it was committed.
    for (let restart = 0; restart < 3; restart++) {
      const again = await start(await stoppedFollower())
      expect(await again.read()).toBe('ready')
    }
  })

  it('is refused when its folder was lost: it has forgotten what it promised', async () => {
    const name = await stoppedFollower()
    rmSync(join(folder, name), { recursive: true })
    const again = await start(name)
    await expect(again.stopped).rejects.toMatchObject({ code: 'QUORATE_DATA_DIR_LOST' })
  })
})
