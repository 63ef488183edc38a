import { describe, expect, it } from 'vitest'
import { unboundedClock, type MessageOf, type Term } from '@quorate/core'
import { bully } from '../src/bully.js'
import { thrown } from './codes.js'
import { OneNode, type OneNodeOptions } from './one-node.js'

type Message = MessageOf<typeof bully.codec>

const members = ['a', 'b', 'c', 'd', 'e']

const node = (id: string, options: Partial<OneNodeOptions> = {}): OneNode<Message> =>
  new OneNode(bully, { id, members, ...options })
const term = (number: number, id: string): Term => ({ number, id })
const coordinator = (number: number, id: string): Message => ({ type: 'coordinator', term: term(number, id) })
const sentTo = (one: OneNode<Message>): string[] => one.sent.map(({ to, message }) => `${message.type} ${to}`)

/** Node c with nobody above it up and everybody below it halted. */
function leader(): OneNode<Message> {
  const one = node('c').pass(20)
  one.receive('a', { type: 'halted', incarnation: 1, attempt: 1, number: 6 })
  one.receive('b', { type: 'halted', incarnation: 1, attempt: 1, number: 4 })
  expect(one.election.leader).toBe('c')
  expect(one.sent.length).toBeGreaterThan(0)
  return one
}

/** Node c as it follows d. */
function follower(): OneNode<Message> {
  const one = node('c').receive('d', coordinator(3, 'd'))
  expect(one.election.leader).toBe('d')
  expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
  return one
}

describe('a candidate', () => {
  it('asks all greater ids, and waits for as long as an answer can take', () => {
    const one = node('c')
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
    one.pass(19.999)
    expect(sentTo(one)).toEqual([])
    one.pass(0.001)
    expect(sentTo(one)).toEqual(['halt a', 'halt b'])
  })

  it('waits longer by the declared error of its clock, which may be fast', () => {
    const one = node('c', { clockBound: { wallErrorMs: 0, ratePpm: 100_000 } })
    expect(one.sent).toHaveLength(2)
    one.pass(21.999)
    expect(sentTo(one)).toEqual([])
    one.pass(0.001)
    expect(sentTo(one)).toEqual(['halt a', 'halt b'])
  })

  it('gives way to any that answers, and asks again when nobody announces itself', () => {
    const one = node('c').receive('d', { type: 'up', incarnation: 1, attempt: 1 })
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
    one.pass(79)
    expect(sentTo(one)).toEqual([])
    one.pass(1)
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
  })

  it('gives way to no answer to another question', () => {
    const one = node('c').restart()
    one
      .receive('d', { type: 'up', incarnation: 1, attempt: 1 })
      .receive('d', { type: 'up', incarnation: 2, attempt: 2 })
    expect(one.pass(20).election.inspect()).toMatchObject({ state: 'halting' })
  })

  it('gives way also to an answer that comes too late, as long as it is not in office', () => {
    const one = node('c').pass(20).receive('d', { type: 'up', incarnation: 1, attempt: 1 })
    expect(one.pass(30).election.leader).toBeUndefined()
    const late = leader().receive('d', { type: 'up', incarnation: 1, attempt: 1 })
    expect(late.election.leader).toBe('c')
  })

  it('needs confirmations of its own for each election', () => {
    const one = leader().receive('d', { type: 'halt', attempt: 1 }).pass(100)
    expect(one.election.inspect()).toMatchObject({ state: 'halting', attempt: 2 })
    one.receive('a', { type: 'halted', incarnation: 1, attempt: 2, number: 7 })
    expect(one.election.leader).toBeUndefined()
    one.receive('b', { type: 'halted', incarnation: 1, attempt: 2, number: 7 })
    expect(one.election.leader).toBe('c')
  })

  it('stops following before it halts others', () => {
    const one = follower()
      .do((election) => election.stand())
      .pass(20)
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e', 'halt a', 'halt b'])
    expect(one.election.leader).toBeUndefined()
  })

  it('takes office when all lesser ones have confirmed that they stopped, with a term beyond all of theirs', () => {
    const one = node('c').pass(20)
    expect(one.sent).toHaveLength(4)
    one.receive('a', { type: 'halted', incarnation: 1, attempt: 1, number: 6 })
    for (let copy = 0; copy < 3; copy++) one.receive('a', { type: 'halted', incarnation: 1, attempt: 1, number: 6 })
    expect(one.election.leader).toBeUndefined()
    one.receive('b', { type: 'halted', incarnation: 1, attempt: 1, number: 4 })
    expect(one.election.leader).toBe('c')
    expect(one.sent).toEqual(['a', 'b', 'd', 'e'].map((to) => ({ to, message: coordinator(7, 'c') })))
    expect(one.indications).toEqual([{ type: 'leader-changed', leader: 'c', term: term(7, 'c') }])
  })

  it('takes office without those that were silent for as long as a confirmation can take', () => {
    const one = node('c').pass(39.999)
    expect(one.election.leader).toBeUndefined()
    expect(one.pass(0.001).election.leader).toBe('c')
  })

  it('counts no confirmation of another election', () => {
    const one = node('b').pass(20).receive('a', { type: 'halted', incarnation: 1, attempt: 2, number: 0 })
    one.receive('a', { type: 'halted', incarnation: 2, attempt: 1, number: 0 })
    expect(one.election.leader).toBeUndefined()
    one.receive('a', { type: 'halted', incarnation: 1, attempt: 1, number: 0 })
    expect(one.election.leader).toBe('b')
  })

  it('with the greatest id asks nobody', () => {
    expect(sentTo(node('e'))).toEqual(['halt a', 'halt b', 'halt c', 'halt d'])
  })

  it('alone in its cluster leads at once', () => {
    expect(new OneNode(bully, { id: 'a', members: ['a'] }).election.leader).toBe('a')
  })

  it('that is halted by a greater one takes no office', () => {
    const one = node('c').pass(20).receive('e', { type: 'halt', attempt: 1 })
    one.receive('a', { type: 'halted', incarnation: 1, attempt: 1, number: 0 })
    one.receive('b', { type: 'halted', incarnation: 1, attempt: 1, number: 0 }).pass(60)
    expect(one.election.leader).toBeUndefined()
  })

  it('that follows a leader goes on doing so while it asks', () => {
    const one = follower().do((election) => election.stand())
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
    expect(one.election.leader).toBe('d')
    one.receive('d', { type: 'up', incarnation: 1, attempt: 2 }).pass(200)
    expect(one.election.leader).toBe('d')
    expect(sentTo(one)).toEqual([])
  })
})

describe('a node', () => {
  it('tells lesser ones that it is up, and no greater one', () => {
    const one = node('c')
    expect(one.sent).toHaveLength(2)
    one.receive('d', { type: 'are-you-up', attempt: 1 })
    one.receive({ id: 'b', incarnation: 4 }, { type: 'are-you-up', attempt: 9 })
    expect(one.sent).toEqual([{ to: 'b', message: { type: 'up', incarnation: 4, attempt: 9 } }])
  })

  it('stops leading when it is halted, before it says so', () => {
    const one = leader().receive('d', { type: 'halt', attempt: 3 })
    expect(one.election.leader).toBeUndefined()
    expect(one.sent).toEqual([{ to: 'd', message: { type: 'halted', incarnation: 1, attempt: 3, number: 7 } }])
    expect(one.indications.at(-1)).toMatchObject({ leader: undefined })
  })

  it('once halted follows no lesser one than whoever halted it', () => {
    const one = node('a').receive('d', { type: 'halt', attempt: 1 }).receive('b', coordinator(5, 'b'))
    expect(one.election.leader).toBeUndefined()
    expect(one.receive('d', coordinator(6, 'd')).election.leader).toBe('d')
  })

  it('that holds an election after it was halted follows whoever wins', () => {
    const one = node('a').receive('d', { type: 'halt', attempt: 1 }).pass(80)
    expect(one.receive('b', coordinator(5, 'b')).election.leader).toBe('b')
  })

  it('tells whoever halts it the greatest term number that it has met', () => {
    const heard = node('c').receive('b', coordinator(5, 'b'))
    expect(heard.sent).toHaveLength(2)
    heard.receive('d', { type: 'halt', attempt: 1 })
    expect(heard.sent).toEqual([{ to: 'd', message: { type: 'halted', incarnation: 1, attempt: 1, number: 5 } }])
    heard.receive('d', { type: 'resigned', term: term(6, 'd') }).receive('d', { type: 'halt', attempt: 2 })
    expect(heard.sent).toEqual([{ to: 'd', message: { type: 'halted', incarnation: 1, attempt: 2, number: 6 } }])
  })

  it('that follows a lesser one, having abstained, takes over when a third asks', () => {
    const one = leader()
      .do((election) => election.resign())
      .receive('b', coordinator(8, 'b'))
      .pass(160)
    expect(one.sent).toHaveLength(4)
    one.receive('a', { type: 'are-you-up', attempt: 1 })
    expect(sentTo(one)).toEqual(['up a', 'are-you-up d', 'are-you-up e'])
  })

  it('is not halted again by a copy of a halt that is over', () => {
    const one = node('a').receive('d', { type: 'halt', attempt: 1 }).receive('d', coordinator(6, 'd'))
    expect(one.receive('d', { type: 'halt', attempt: 1 }).election.leader).toBe('d')
    expect(one.receive('d', { type: 'halt', attempt: 2 }).election.leader).toBeUndefined()
  })

  it('is not halted by a lesser one', () => {
    expect(leader().receive('b', { type: 'halt', attempt: 1 }).election.leader).toBe('c')
  })

  it('holds an election when whoever halted it is gone', () => {
    const one = node('e', { members: [...members, 'f'] }).receive('f', { type: 'halt', attempt: 1 })
    expect(one.sent).toHaveLength(2)
    one.do((election) => election.suspect('f', 'gone')).pass(0)
    expect(sentTo(one)).toEqual(['are-you-up f'])
  })

  it('that would lead next asks at once when the leader is gone; the others leave it the time', () => {
    const next = node('d')
      .receive('e', coordinator(3, 'e'))
      .do((election) => election.suspect('e', 'gone'))
      .pass(0)
    expect(sentTo(next)).toEqual(['are-you-up e', 'are-you-up e'])
    const later = node('c')
      .receive('e', coordinator(3, 'e'))
      .do((election) => election.suspect('e', 'gone'))
      .pass(39)
    expect(sentTo(later)).toEqual(['are-you-up d', 'are-you-up e'])
    expect(later.pass(41).sent.length).toBeGreaterThan(0)
  })

  it('takes over from a lesser leader when it hears of one', () => {
    const one = node('c').receive('d', { type: 'up', incarnation: 1, attempt: 1 })
    expect(one.sent).toHaveLength(2)
    one.receive('b', coordinator(3, 'b'))
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
    expect(one.election.leader).toBeUndefined()
  })

  it('follows one that it suspects for a while only, unless it is trusted again', () => {
    const dead = node('c')
      .do((election) => election.suspect('d', 'gone'))
      .receive('d', coordinator(3, 'd'))
    expect(dead.election.leader).toBe('d')
    expect(dead.pass(80).election.leader).toBeUndefined()
    const back = node('c')
      .do((election) => election.suspect('d', 'gone'))
      .receive('d', coordinator(3, 'd'))
    back.do((election) => election.restore('d')).pass(200)
    expect(back.election.leader).toBe('d')
  })

  it('follows no life of a leader but the one that took office: the next has forgotten that it led, and in which term', () => {
    const one = node('c').receive({ id: 'd', incarnation: 1 }, coordinator(3, 'd'))
    one.receive({ id: 'd', incarnation: 1 }, { type: 'are-you-up', attempt: 1 })
    expect(one.election.leader).toBe('d')
    one.receive({ id: 'd', incarnation: 2 }, { type: 'halt', attempt: 1 })
    expect(one.election.leader).toBeUndefined()
    // Nobody that it heard of leads a newer term, and still it does not wait for long.
    const lost = node('c').receive({ id: 'd', incarnation: 1 }, coordinator(3, 'd'))
    lost.receive({ id: 'd', incarnation: 2 }, { type: 'are-you-up', attempt: 1 })
    expect(lost.election.leader).toBeUndefined()
    expect(sentTo(lost.pass(200))).toContain('are-you-up e')
    lost.receive({ id: 'd', incarnation: 2 }, coordinator(1, 'd'))
    expect(lost.election.leader).toBe('d')
  })

  it('hears nothing from a former life of a peer, nor from who is no member', () => {
    const one = node('c').receive({ id: 'd', incarnation: 2 }, { type: 'up', incarnation: 1, attempt: 1 })
    one.receive({ id: 'd', incarnation: 1 }, coordinator(3, 'd')).receive('x', coordinator(9, 'x'))
    expect(one.election.leader).toBeUndefined()
  })
})

describe('a leader', () => {
  it('says so to a lesser one that asks, and to a peer that is trusted again', () => {
    const one = leader().receive('b', { type: 'are-you-up', attempt: 1 })
    expect(sentTo(one)).toEqual(['up b', 'coordinator b'])
    one.do((election) => election.suspect('e', 'gone')).do((election) => election.restore('e'))
    expect(sentTo(one)).toEqual(['coordinator e'])
  })

  it('is not shaken by the old announcement of a lesser one', () => {
    const one = leader().receive('b', coordinator(6, 'b'))
    expect(one.election.inspect()).toMatchObject({ leader: 'c', state: 'normal' })
  })

  it('that resigns tells the others, and is as if it were down for them, while it follows whom they elect', () => {
    const one = leader().do((election) => election.resign())
    expect(one.election.leader).toBeUndefined()
    expect(sentTo(one)).toEqual(['resigned a', 'resigned b', 'resigned d', 'resigned e'])
    one.receive('b', { type: 'are-you-up', attempt: 1 }).receive('b', coordinator(8, 'b'))
    expect(sentTo(one)).toEqual([])
    expect(one.election.leader).toBe('b')
  })

  it('that resigned does not stand for a while when another leads, though asked to', () => {
    const one = leader()
      .do((election) => election.resign())
      .receive('b', coordinator(8, 'b'))
    expect(one.sent).toHaveLength(4)
    one.do((election) => election.stand())
    expect(sentTo(one)).toEqual([])
    one.pass(160).do((election) => election.stand())
    expect(sentTo(one)).toEqual(['are-you-up d', 'are-you-up e'])
  })

  it('that resigned is heard again as soon as it holds an election', () => {
    const one = leader()
      .do((election) => election.resign())
      .do((election) => election.stand())
    expect(one.sent).toHaveLength(6)
    one.receive('b', { type: 'are-you-up', attempt: 1 })
    expect(sentTo(one)).toEqual(['up b'])
  })

  it('that has resigned is not followed by its announcement coming late', () => {
    const one = node('c')
      .receive('d', { type: 'resigned', term: term(3, 'd') })
      .receive('d', coordinator(3, 'd'))
    expect(one.election.leader).toBeUndefined()
    expect(one.receive('d', coordinator(4, 'd')).election.leader).toBe('d')
    expect(one.receive('d', { type: 'resigned', term: term(3, 'd') }).election.leader).toBe('d')
    expect(one.receive('d', { type: 'resigned', term: term(4, 'd') }).election.leader).toBeUndefined()
  })

  it('resigns when its node stops in good order', () => {
    expect(sentTo(leader().do((election) => election.stop?.()))).toHaveLength(4)
  })
})

describe('a clock of which nothing is declared', () => {
  it('is refused: the waits would mean nothing', () => {
    expect(thrown(() => node('c', { clockBound: unboundedClock }))?.code).toBe('QUORATE_CLOCK_UNBOUNDED')
  })
})
