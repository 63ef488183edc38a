import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { ProcessCluster } from '../src/processes/process-cluster.js'

/** Starts a guard and a child of its own, which it stops, says its id and then what the test asks for. */
const program = (end: string): string => `
  import { spawn } from 'node:child_process'
  import { Guard } from ${JSON.stringify(new URL('../dist/processes/guard.js', import.meta.url).href)}
  const guard = new Guard(process.argv[1])
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  guard.started(child.pid)
  child.kill('SIGSTOP')
  console.log(child.pid)
  ${end}
`

const started: ChildProcess[] = []
const left: number[] = []
const folders: string[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const pid of left.splice(0)) if (runs(pid)) process.kill(pid, 'SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** The parent's process, its folder, and the id of its child. */
async function guarded(end: string): Promise<{ parent: ChildProcess; folder: string; pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-test-'))
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program(end), folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  started.push(parent)
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  left.push(Number(line))
  folders.push(folder)
  return { parent, folder, pid: Number(line) }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 400 && !condition(); tries++) await sleep(25)
  return condition()
}

describe('a guard', () => {
  it('kills what its process started, stopped or not, and removes the folder, when that process is killed', async () => {
    const { parent, folder, pid } = await guarded('setInterval(() => {}, 1000)')
    expect([runs(pid), existsSync(folder)]).toEqual([true, true])
    parent.kill('SIGKILL')
    expect(await until(() => !runs(pid))).toBe(true)
    expect(await until(() => !existsSync(folder))).toBe(true)
  })

  it('does so too when that process dies of an error', async () => {
    const { folder, pid } = await guarded('setTimeout(() => { throw new Error() }, 50)')
    expect(await until(() => !runs(pid))).toBe(true)
    expect(await until(() => !existsSync(folder))).toBe(true)
  })

  it('leaves everything alone once it was released', async () => {
    const { parent, folder, pid } = await guarded('guard.release(); await guard.close(); child.unref()')
    await once(parent, 'exit')
    expect([runs(pid), existsSync(folder)]).toEqual([true, true])
  })

  it('does not kill a process that it was told has ended: its number may be another by now', async () => {
    const { parent, folder, pid } = await guarded('guard.ended(child.pid); await guard.close(); child.unref()')
    await once(parent, 'exit')
    expect([runs(pid), existsSync(folder)]).toEqual([true, false])
  })
})

describe('free ports', () => {
  it('are different, free, and below those of outgoing connections', async () => {
    const ports = await freeLoopbackPorts(20)
    expect(new Set(ports).size).toBe(20)
    for (const port of ports) {
      expect(port).toBeLessThan(32_768)
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      server.close()
      await once(server, 'close')
    }
  })
})

describe('a cluster of processes', () => {
  it('waits for the connection to a node that does not answer yet, and says so of one that ended', async () => {
    const cluster = await ProcessCluster.launch({ nodes: ['n1'] })
    try {
      const earlier = (await (await cluster.answering('n1')).status()).incarnation
      await cluster.kill('n1')
      expect(cluster.client('n1')).toBeUndefined()
      cluster.start('n1')
      const later = await cluster.answering('n1')
      expect((await later.status()).incarnation).toBeGreaterThan(earlier)
      process.kill(cluster.pid('n1') as number, 'SIGKILL')
      await expect(cluster.pass(10_000)).rejects.toMatchObject({ code: 'QUORATE_NODE_ENDED' })
      await expect(cluster.answering('n1')).rejects.toMatchObject({ code: 'QUORATE_NODE_ENDED' })
    } finally {
      await cluster.close()
    }
  })

  it('ends a node in good order, and says so of one that ends otherwise', async () => {
    const cluster = await ProcessCluster.launch({ nodes: ['n1'] })
    try {
      await cluster.terminate('n1')
      expect([cluster.state('n1'), cluster.pid('n1')]).toEqual(['down', undefined])
      cluster.start('n1')
      await cluster.answering('n1')
      const pid = cluster.pid('n1') as number
      const ended = cluster.terminate('n1')
      process.kill(pid, 'SIGKILL')
      await expect(ended).rejects.toMatchObject({ code: 'QUORATE_NODE_ENDED', data: { node: 'n1', signal: 'SIGKILL' } })
      // That was expected of the cluster: it goes on.
      await cluster.pass(1)
    } finally {
      await cluster.close()
    }
  })

  it('gives each node a port for clients, unless none are served', async () => {
    const serving = await ProcessCluster.launch({ nodes: ['n1', 'n2'] })
    const urls = new Set(serving.nodes.flatMap((id) => [serving.url(id), serving.clientUrl(id)]))
    await serving.close()
    expect(urls.size).toBe(4)
    const silent = await ProcessCluster.launch({
      nodes: ['n1'],
      serveClients: false,
      startArguments: () => ['--election', 'bully'],
    })
    await silent.close()
    expect(() => silent.clientUrl('n1')).toThrow('n1 serves no clients')
  })
})
