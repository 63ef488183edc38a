import { majority } from '@quorate/voting'
import { describe, expect, it } from 'vitest'
import { replicationLimits } from '../src/limits.js'
import { ReadBarriers } from '../src/read-barriers.js'

const own = (barrier: number, expiresAtMs = 100) => ({ type: 'own', barriers: [barrier], expiresAtMs }) as const
const forwarded = (sequence: number) => ({ type: 'forwarded', from: 'n2', incarnation: 1, sequence }) as const
const barriers = () => new ReadBarriers('n1', majority(['n1', 'n2', 'n3']))

describe('the read barriers of a leader', () => {
  it('are answered together once a quorum has confirmed the round, and not before', () => {
    const all = barriers()
    all.add(own(1))
    all.add(own(2))
    expect(all.begin(7)).toBe(true)
    all.add(own(3))
    expect([all.answered(), all.begin(8)]).toEqual([undefined, false])
    all.confirm('n2', all.round as number)
    expect(all.answered()).toEqual({ origins: [own(1), own(2)], index: 7 })
    expect(all.begin(9)).toBe(true)
  })

  it('end when they were asked for too long ago, those of a round under way as well', () => {
    const all = barriers()
    all.add(own(1, 50))
    all.begin(7)
    all.add(own(2, 150))
    expect(all.expire(49)).toEqual([])
    expect(all.expire(100)).toEqual([own(1, 50)])
    expect(all.round).toBeUndefined()
    expect(all.expire(150)).toEqual([own(2, 150)])
  })

  it('are as many as there is room for, and of another member only the newest, which it repeats', () => {
    const all = barriers()
    for (const sequence of [4, 4, 5]) expect(all.add(forwarded(sequence))).toBe(true)
    expect(all.abandon()).toEqual([forwarded(5)])
    for (let count = 0; count < replicationLimits.maxPendingBarriers; count++) expect(all.add(own(count))).toBe(true)
    expect(all.add(own(0))).toBe(false)
    expect(all.add(forwarded(6))).toBe(true)
  })
})
