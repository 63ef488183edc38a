import { describe, expect, it } from 'vitest'
import { check, type Check } from '../src/demo/data/check.js'
import { readBack } from '../src/demo/data/read-back.js'
import type { StoreClient } from '../src/demo/data/store-client.js'
import { WriteHistory } from '../src/demo/data/write-history.js'
import { writeOf } from '../src/demo/data/writer.js'
import { FakeStore } from './support/fake-store.js'

const nodes = ['n1', 'n2', 'n3'] as const

/** Three nodes that hold the same: 3,000 acknowledged writes, more than fits on a page. */
function cluster(): { readonly history: WriteHistory; readonly stores: Map<string, FakeStore> } {
  const history = new WriteHistory(nodes)
  const stores = new Map(nodes.map((id) => [id, new FakeStore()]))
  for (const writer of nodes) {
    for (let count = 0; count < 1_000; count++) {
      const write = history.begin(writer)
      for (const store of stores.values()) store.write(writeOf(writer, write))
      history.acknowledge(writer, write, write, write)
    }
  }
  return { history, stores }
}

async function checked(history: WriteHistory, stores: ReadonlyMap<string, StoreClient>): Promise<Check> {
  return check(await readBack(stores), history)
}

describe('reading back', () => {
  it('finds nothing wrong with nodes that hold what was acknowledged', async () => {
    const { history, stores } = cluster()
    expect(await checked(history, stores)).toEqual({
      holds: true,
      revision: 3_001,
      acknowledged: 3_000,
      lost: 0,
      diverged: 0,
      failed: 0,
      failedButPresent: 0,
      differs: [],
    })
  })

  it('finds an acknowledged write that all nodes have forgotten', async () => {
    const { history, stores } = cluster()
    const { key } = writeOf('n2', 900)
    for (const store of stores.values()) store.forget(key)
    const { holds, lost, diverged, differs } = await checked(history, stores)
    expect({ holds, lost, diverged }).toEqual({ holds: false, lost: 1, diverged: 0 })
    expect(differs).toEqual([
      `${key} was acknowledged, and is not read from n1, linearizably; n1, serializably; n2, linearizably; n2, serializably; n3, linearizably; n3, serializably`,
    ])
  })

  it('finds what one node has forgotten, as lost and as a difference', async () => {
    const { history, stores } = cluster()
    stores.get('n3')?.forget(writeOf('n1', 1).key)
    const { holds, lost, diverged, differs } = await checked(history, stores)
    expect({ holds, lost, diverged }).toEqual({ holds: false, lost: 1, diverged: 1 })
    expect(differs.join('\n')).toMatch(
      /not read from n3, linearizably; n3, serializably\n.* missing at n3, linearizably/,
    )
    expect(differs.at(-1)).toMatch(/^the hashes at revision 3001 differ: n1 \d+, n2 \d+, n3 \d+$/)
  })

  it('finds what a node returns only when it asks the others', async () => {
    const { history, stores } = cluster()
    stores.get('n2')?.forgetSerializably(writeOf('n1', 7).key)
    const { holds, lost, diverged, differs } = await checked(history, stores)
    expect({ holds, lost, diverged }).toEqual({ holds: false, lost: 1, diverged: 1 })
    expect(differs[0]).toBe('demo/n1/000007 was acknowledged, and is not read from n2, serializably')
  })

  it('finds another value, and another revision of the same', async () => {
    const { history, stores } = cluster()
    stores.get('n1')?.change(writeOf('n1', 5).key, { value: 'another' })
    stores.get('n2')?.change(writeOf('n2', 5).key, { modRevision: 9_999 })
    expect(await checked(history, stores)).toMatchObject({ lost: 1, diverged: 2 })
  })

  it('finds a write that was carried out twice, and a key that nobody wrote', async () => {
    const { history, stores } = cluster()
    for (const store of stores.values()) {
      store.change(writeOf('n3', 9).key, { version: 2 })
      store.write({ key: 'demo/n1/999999', value: 'from nowhere' })
      store.write({ key: 'other', value: 'from nowhere' })
    }
    const { holds, lost, diverged, differs } = await checked(history, stores)
    expect({ holds, lost, diverged }).toEqual({ holds: false, lost: 0, diverged: 3 })
    expect(differs.join('\n')).toContain('other is "from nowhere" (created at 3003')
  })

  it('finds hashes that differ though all that can be read is the same', async () => {
    const { history, stores } = cluster()
    stores.get('n2')?.spoilHash()
    const { holds, lost, diverged, differs } = await checked(history, stores)
    expect({ holds, lost, diverged, count: differs.length }).toEqual({ holds: false, lost: 0, diverged: 1, count: 1 })
  })

  it('counts a failed write that is there as neither lost nor acknowledged', async () => {
    const { history, stores } = cluster()
    const [present, absent] = [history.begin('n1'), history.begin('n1')]
    for (const store of stores.values()) store.write(writeOf('n1', present))
    history.fail('n1', 1)
    history.fail('n1', 2)
    expect(absent).toBe(1_002)
    expect(await checked(history, stores)).toMatchObject({
      acknowledged: 3_000,
      lost: 0,
      diverged: 0,
      failed: 2,
      failedButPresent: 1,
    })
  })

  it('compares at one revision, though a write of unknown outcome is carried out meanwhile', async () => {
    const { history, stores } = cluster()
    const late = writeOf('n1', history.begin('n1'))
    // By then it has said at which revision it is, and been read once.
    stores.get('n3')?.afterReads(3, () => {
      for (const store of stores.values()) store.write(late)
    })
    expect(await checked(history, stores)).toMatchObject({ revision: 3_001, lost: 0, diverged: 0 })
  })

  it('names the first of many', async () => {
    const { history, stores } = cluster()
    for (const store of stores.values())
      for (let write = 1; write <= 40; write++) store.forget(writeOf('n1', write).key)
    const { lost, differs } = await checked(history, stores)
    expect(lost).toBe(40)
    expect(differs).toHaveLength(6)
    expect(differs.at(-1)).toBe('and 35 more lost')
  })
})
