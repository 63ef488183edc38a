import type { Disk, DiskChange, DiskError } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { encodeCommand } from '@quorate/kv'
import { nodeSettings } from '../src/node-settings.js'
import { openState } from '../src/open-state.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { RunningNode } from '../src/running-node.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-failing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A disk in memory that fails when the test says so. */
class FailingDisk implements Disk {
  fails = false

  list(): readonly string[] {
    return []
  }

  read(): Uint8Array {
    return new Uint8Array()
  }

  readAt(_file: string, _offset: number, length: number): Uint8Array {
    return new Uint8Array(length)
  }

  commit(_changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    const error: DiskError = { code: 'QUORATE_DISK_FAILED', reason: 'EIO', message: 'the disk failed' }
    setImmediate(() => (this.fails ? done(error) : done()))
  }
}

describe('a node whose log fails', () => {
  it('tells whoever waits, and stops', async () => {
    const [port] = await freeLoopbackPorts(1)
    const options = { name: 'n1', dataDir: folder, initialCluster: { n1: [`http://127.0.0.1:${port}`] } }
    const settings = await nodeSettings(options)
    const disk = new FailingDisk()
    const data = { incarnation: 1, disk, close: async () => {} }
    const node = new RunningNode(settings, options, data as never, openState(settings, options))
    await node.listen()
    const put = { type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) } as const
    expect(await node.kv?.execute(put)).toMatchObject({ outcome: 'committed' })
    disk.fails = true
    const pending = [node.propose(encodeCommand(put)), node.propose(Uint8Array.of(1))]
    await expect(node.stopped).rejects.toMatchObject({ code: 'QUORATE_STORE_FAILED' })
    expect(await Promise.all(pending)).toEqual(pending.map(() => ({ outcome: 'unknown', reason: 'stopped' })))
    expect(await node.read()).toBe('stopped')
  })
})
