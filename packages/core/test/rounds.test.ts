import { describe, expect, it } from 'vitest'
import { isMalformed, messageCodec } from '../src/index.js'
import { RoundInbox } from '../src/rounds/rounds.js'

const codec = messageCodec({ mark: { value: 'uint' } })
const mark = (value: number) => ({ type: 'mark', value }) as const

describe('the inbox of rounds', () => {
  it('holds the first message of each member in each round', () => {
    const inbox = new RoundInbox(codec, ['a', 'b'])
    inbox.add(1, 'a', mark(1))
    inbox.add(1, 'a', mark(2))
    inbox.add(2, 'a', mark(3))
    inbox.add(1, 'stranger', mark(4))
    expect([...inbox.of(1)]).toEqual([['a', mark(1)]])
    expect([...inbox.of(2)]).toEqual([['a', mark(3)]])
  })

  it('forgets rounds that are over', () => {
    const inbox = new RoundInbox(codec, ['a'])
    for (let round = 1; round <= 5; round++) inbox.add(round, 'a', mark(round))
    inbox.forgetThrough(3)
    expect(inbox.size).toBe(2)
    expect([...inbox.of(4)]).toEqual([['a', mark(4)]])
  })

  it('reads messages by the codec of the algorithm', () => {
    const inbox = new RoundInbox(codec, ['a'])
    expect(inbox.decode(codec.encode(mark(7)))).toEqual(mark(7))
    expect(isMalformed(inbox.decode(new Uint8Array(0)))).toBe(true)
  })
})
