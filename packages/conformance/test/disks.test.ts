import type { Disk } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { diskConformance } from '../src/index.js'
import { TestedDisk, wrongDisks } from './mutants/disks.js'
import { record, unshown, type Recorded } from './mutants/record.js'

/** What the suite finds of disks; `reopen` is how one is opened again. */
function found(Class: typeof TestedDisk, reopen: (disk: TestedDisk) => Disk = (disk) => disk): Recorded {
  let disk: TestedDisk
  return record((runner) =>
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
}

const forgetful = ['forgets', undefined, 'durability: what was committed is there when it is opened again'] as const

describe('the suite of disks', () => {
  it('passes the simulator’s', () => {
    const right = found(TestedDisk)
    expect(right.failed).toEqual([])
    expect(unshown(right, [...wrongDisks, forgetful])).toEqual([])
  })

  it.each(wrongDisks)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, Class, fails) => {
      expect(found(Class).failed).toEqual([fails])
    },
  )

  it('finds one that forgets: the test of that fails, and only what follows from it', () => {
    expect(found(TestedDisk, () => new TestedDisk()).failed).toEqual([forgetful[2]])
  })
})
