import type { Disk } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { diskConformance } from '../src/index.js'
import { TestedDisk, wrongDisks } from './mutants/disks.js'
import { record } from './mutants/record.js'

/** What the suite finds of disks; `reopen` is how one is opened again. */
function found(Class: typeof TestedDisk, reopen: (disk: TestedDisk) => Disk = (disk) => disk): readonly string[] {
  let disk: TestedDisk
  const { failed } = record((runner) =>
    diskConformance(
      { name: 'disk', create: () => (disk = new Class()), reopen },
      {
        ...runner,
        drive: (conditions) => {
          for (const holds of conditions) {
            for (let left = 100; !holds(); left--) {
              if (left === 0) throw new Error('it comes to nothing')
              disk.settle()
            }
          }
        },
      },
    ),
  )
  return failed
}

describe('the suite of disks', () => {
  it('passes the simulator’s', () => {
    expect(found(TestedDisk)).toEqual([])
  })

  it.each(wrongDisks)('finds one that %s, by the test of that alone', (_what, Class, fails) => {
    expect(found(Class)).toEqual([fails])
  })

  it('finds one that forgets, by the test of that alone', () => {
    expect(found(TestedDisk, () => new TestedDisk())).toEqual([
      'durability: what was committed is there when it is opened again',
    ])
  })
})
