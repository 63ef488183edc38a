import { describe, expect, it } from 'vitest'
import { replicationLimits } from '../src/limits.js'
import { Progress } from '../src/progress.js'

describe('the progress of a follower', () => {
  it('is probed with one append at a time until one fits', () => {
    const progress = new Progress(5)
    expect(progress.open).toBe(true)
    progress.sent(8, 100)
    expect([progress.open, progress.nextIndex]).toEqual([false, 5])
    progress.acknowledged(8)
    expect([progress.open, progress.nextIndex, progress.matchIndex]).toEqual([true, 9, 8])
  })

  it('is sent ahead up to a window of appends, which acknowledgements reopen', () => {
    const progress = new Progress(1)
    progress.acknowledged(0)
    for (let index = 1; index <= replicationLimits.maxInflightAppends; index++) progress.sent(index, 1)
    expect(progress.open).toBe(false)
    progress.acknowledged(1)
    expect(progress.open).toBe(true)
  })

  it('is sent ahead up to a window of bytes', () => {
    const progress = new Progress(1)
    progress.acknowledged(0)
    progress.sent(1, replicationLimits.maxInflightBytes)
    expect(progress.open).toBe(false)
  })

  it('never goes back behind what is acknowledged: late answers say nothing new', () => {
    const progress = new Progress(1)
    progress.acknowledged(9)
    progress.acknowledged(4)
    progress.conflicted(7, 3)
    expect([progress.matchIndex, progress.nextIndex, progress.probing]).toEqual([9, 10, false])
  })

  it('begins anew behind what matches after a conflict, with its window open', () => {
    const progress = new Progress(1)
    progress.acknowledged(3)
    for (let index = 4; index <= 11; index++) progress.sent(index, 1)
    progress.conflicted(11, 6)
    expect([progress.probing, progress.nextIndex, progress.open]).toEqual([true, 6, true])
  })
})
