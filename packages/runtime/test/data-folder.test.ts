import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { lockFolder, openDataFolder, type DataFolderOptions } from '../src/index.js'
import { Life, build } from './support/lives.js'

const folders: string[] = []
const lives: Life[] = []

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-data-'))
  folders.push(folder)
  return folder
}

function live(...args: readonly string[]): Life {
  const life = new Life('life.mjs', args)
  lives.push(life)
  return life
}

afterEach(async () => {
  for (const life of lives.splice(0)) await life.kill()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Opens and closes a data folder; returns the incarnation. */
async function visit(dir: string, options: Partial<DataFolderOptions> = {}): Promise<number> {
  const folder = openDataFolder({ dir, clusterId: 'c1', nodeId: 'n1', ...options })
  await folder.close()
  return folder.incarnation
}

function refusal(dir: string, options: Partial<DataFolderOptions> = {}): unknown {
  try {
    openDataFolder({ dir, clusterId: 'c1', nodeId: 'n1', ...options })
  } catch (error) {
    return error
  }
  throw new Error('it was opened')
}

describe('a data folder', () => {
  it('is created for its owner alone', async () => {
    const dir = join(freshFolder(), 'data')
    await visit(dir)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    for (const file of ['LOCK', 'node.json']) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'log')).mode & 0o777).toBe(0o700)
  })

  it('starts a greater incarnation each time, also when the clock went back', async () => {
    const dir = freshFolder()
    const before = Date.now()
    const first = await visit(dir)
    expect(first).toBeGreaterThanOrEqual(before)
    const second = await visit(dir)
    expect(second).toBeGreaterThan(first)
    const future = Date.now() + 1_000_000_000
    writeFileSync(
      join(dir, 'node.json'),
      JSON.stringify({ version: 1, clusterId: 'c1', nodeId: 'n1', incarnation: future }),
    )
    expect(await visit(dir)).toBe(future + 1)
    expect(await visit(dir)).toBe(future + 2)
  })

  it('has the incarnation on disk before anyone hears of it', () => {
    const dir = freshFolder()
    const folder = openDataFolder({ dir, clusterId: 'c1', nodeId: 'n1' })
    expect(JSON.parse(readFileSync(join(dir, 'node.json'), 'utf8'))).toEqual({
      version: 1,
      clusterId: 'c1',
      nodeId: 'n1',
      incarnation: folder.incarnation,
    })
    return folder.close()
  })

  it('refuses another node and another cluster, and stays as it was', async () => {
    const dir = freshFolder()
    await visit(dir)
    const before = readFileSync(join(dir, 'node.json'), 'utf8')
    expect(refusal(dir, { nodeId: 'n2' })).toMatchObject({
      code: 'QUORATE_DATA_DIR_OF_OTHER_NODE',
      data: { dir, theirs: 'n1', ours: 'n2' },
    })
    expect(refusal(dir, { clusterId: 'c2' })).toMatchObject({ code: 'QUORATE_DATA_DIR_OF_OTHER_CLUSTER' })
    expect(readFileSync(join(dir, 'node.json'), 'utf8')).toBe(before)
    await visit(dir)
  })

  it('refuses what a newer release wrote, with both versions named', async () => {
    const dir = freshFolder()
    await visit(dir)
    writeFileSync(join(dir, 'node.json'), JSON.stringify({ version: 2, whose: 'c1/n1' }))
    const error = refusal(dir)
    expect(error).toMatchObject({ code: 'QUORATE_DATA_DIR_VERSION', data: { version: 2, supported: 1 } })
    expect(String(error)).toMatch(/version 2 .* version 1/)
  })

  it.each([
    ['no JSON', '{"version": 1, "clusterId": "c1", "nod'],
    ['empty', ''],
    ['no object', 'null'],
    ['without a version', '{}'],
    ['without a node', '{"version": 1, "clusterId": "c1", "incarnation": 5}'],
    ['without an incarnation', '{"version": 1, "clusterId": "c1", "nodeId": "n1"}'],
    [
      'with the greatest incarnation',
      `{"version": 1, "clusterId": "c1", "nodeId": "n1", "incarnation": ${2 ** 53 - 1}}`,
    ],
  ])('refuses an identity that is damaged: %s', async (_, content) => {
    const dir = freshFolder()
    await visit(dir)
    writeFileSync(join(dir, 'node.json'), content)
    expect(refusal(dir)).toMatchObject({ code: 'QUORATE_DATA_DIR_CORRUPT' })
  })

  it('refuses a log without an identity', async () => {
    const dir = freshFolder()
    await visit(dir)
    rmSync(join(dir, 'node.json'))
    expect(refusal(dir)).toMatchObject({ code: 'QUORATE_DATA_DIR_CORRUPT' })
  })

  it('passes over what a crash left of an identity that was being replaced', async () => {
    const dir = freshFolder()
    const first = await visit(dir)
    writeFileSync(join(dir, 'node.json.tmp'), '{"vers')
    expect(await visit(dir)).toBeGreaterThan(first)
    expect(existsSync(join(dir, 'node.json.tmp'))).toBe(false)
  })

  it('refuses a folder that can not be, with the reason of the system', () => {
    const parent = freshFolder()
    writeFileSync(join(parent, 'file'), '')
    expect(refusal(join(parent, 'no', 'where'))).toMatchObject({
      code: 'QUORATE_DATA_DIR_UNUSABLE',
      data: { reason: 'ENOENT' },
    })
    expect(refusal(join(parent, 'file'))).toMatchObject({ data: { reason: 'ENOTDIR' } })
    expect(refusal(join(parent, 'file', 'below'))).toMatchObject({ data: { reason: 'ENOTDIR' } })
    expect(refusal('')).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(refusal(parent, { nodeId: '' })).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(refusal(parent, { clusterId: 'x'.repeat(129) })).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
  })

  it.skipIf(process.getuid?.() === 0)('refuses a folder that may not be written (skipped for root, who may)', () => {
    const dir = freshFolder()
    chmodSync(dir, 0o500)
    expect(refusal(dir)).toMatchObject({ code: 'QUORATE_DATA_DIR_UNUSABLE', data: { reason: 'EACCES' } })
    chmodSync(dir, 0o700)
  })

  it('is free again after a refusal', async () => {
    const dir = freshFolder()
    await visit(dir)
    mkdirSync(join(dir, 'node.json.tmp'))
    expect(refusal(dir)).toMatchObject({ code: 'QUORATE_DATA_DIR_UNUSABLE', data: { reason: 'EISDIR' } })
    rmSync(join(dir, 'node.json.tmp'), { recursive: true })
    await visit(dir)
  })
})

describe('the lock of a folder', () => {
  it('keeps this process out, too, until it is released', () => {
    const folder = freshFolder()
    const lock = lockFolder(folder)
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'QUORATE_DATA_DIR_IN_USE' }))
    lock.release()
    lock.release()
    lockFolder(folder).release()
  })
})

describe('processes on one data folder', { timeout: 60_000 }, () => {
  beforeAll(build, 120_000)

  it('are kept out while one has it, which the refusal names with the folder', async () => {
    const dir = freshFolder()
    const holder = live(dir, 'hold')
    expect(await holder.event()).toMatchObject({ type: 'holding' })
    const data = { folder: dir, pid: holder.pid }
    expect(await live(dir, 'hold').event()).toMatchObject({ type: 'refused', code: 'QUORATE_DATA_DIR_IN_USE', data })
    const error = refusal(dir)
    expect(error).toMatchObject({ code: 'QUORATE_DATA_DIR_IN_USE', data })
    expect(String(error)).toContain(dir)
  })

  it('find it free at once when the one that had it is killed', async () => {
    const dir = freshFolder()
    const incarnations: unknown[] = []
    for (let life = 0; life < 5; life++) {
      const holder = live(dir, 'hold')
      const event = await holder.event()
      expect(event).toMatchObject({ type: 'holding' })
      incarnations.push(event?.['incarnation'])
      await holder.kill()
    }
    expect(incarnations).toEqual([...new Set(incarnations)].sort((a, b) => Number(a) - Number(b)))
    await visit(dir)
  })

  it('recover every step that was reported durable before a kill, and no half of one', async () => {
    const dir = freshFolder()
    let durable = 0
    let segments = 0
    for (let life = 1; life <= 8; life++) {
      const writer = live(dir, 'write')
      const goal = durable + 150 * life
      await writer.event(({ index }) => typeof index === 'number' && index > goal)
      await writer.kill()
      for (const { type, index } of writer.events) if (type === 'durable') durable = Math.max(durable, index as number)
      expect(durable).toBeGreaterThan(goal)
      const found = await live(dir, 'check').event()
      expect(found).toMatchObject({ type: 'found', complete: true, count: found?.['lastIndex'] })
      expect(found?.['lastIndex']).toBeGreaterThanOrEqual(durable)
      segments = Math.max(segments, found?.['segments'] as number)
    }
    expect(segments).toBeGreaterThan(1)
  })
})
