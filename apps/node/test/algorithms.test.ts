import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { loadElection } from '../src/algorithms.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

/** A package with an election, in a folder of its own. */
function packageCalled(name: string, folder: string, main = 'index.js'): string {
  const path = bench.path(folder)
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, type: 'module', exports: `./${main}` }))
  const bully = fileURLToPath(new URL('../../../packages/election/dist/bully.js', import.meta.url))
  writeFileSync(join(path, 'index.js'), `export { bully } from ${JSON.stringify(bully)}\n`)
  return path
}

describe('in the folder of a package', () => {
  it.each([
    ['@quorate/election-mine', 'mine', 'ours'],
    ['@me/mine', 'mine', 'scoped'],
    ['mine', 'mine', 'plain'],
    ['@me/mine', '@me/mine', 'full'],
  ])('%s is found by the name %s', async (name, chosen, folder) => {
    expect(await loadElection(chosen, packageCalled(name, folder))).toMatchObject({ kind: 'election', name: 'bully' })
  })

  it('a name that is not its own is looked for elsewhere', async () => {
    const folder = packageCalled('@me/not-mine-either', 'other')
    await expect(loadElection('mine', folder)).rejects.toMatchObject({ code: 'QUORATE_UNKNOWN_ALGORITHM' })
    expect(await loadElection('raft', folder)).toMatchObject({ name: 'raft' })
  })

  it('one that has not been built is said to be so', async () => {
    const folder = packageCalled('@quorate/election-mine', 'unbuilt', 'dist/index.js')
    for (const name of ['mine', '@quorate/election-mine']) {
      await expect(loadElection(name, folder)).rejects.toMatchObject({
        code: 'QUORATE_ALGORITHM_FAILED',
        message: expect.stringContaining('build it first'),
      })
    }
  })
})
