import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { compareTerms, noTerm, type LogElection, type MessageOf, type Term } from '@quorate/core'
import { timestamp } from '../src/timestamp.js'
import { thrown } from './codes.js'
import { OneNode } from './one-node.js'

type Message = MessageOf<typeof timestamp.codec>

const members = ['a', 'b', 'c', 'd', 'e']
const emptyLog = { number: 0, id: '', index: 0 }
const others = ['a', 'b', 'd', 'e']
/** Long enough for the node to find nobody who leads, and to stand. */
const longMs = 200

const node = (stored?: ReadonlyMap<string, Uint8Array>): OneNode<Message> =>
  new OneNode(timestamp, { id: 'c', members, ...(stored === undefined ? {} : { stored }) })

const term = (number: number, id: string): Term => ({ number, id })
const request = (timestamp: number): Message => ({ type: 'request', timestamp, position: emptyLog })
const leads = (number: number, id: string, newest = term(number, id)): Message => ({
  type: 'leads',
  term: term(number, id),
  newest,
})
const state = (one: OneNode<Message>): { newest: Term; established: Term; standing: { start: number } | null } =>
  one.election.inspect() as never

/** Lets the node stand and receive its own request; returns the timestamp that it stands with. */
function standing(one: OneNode<Message>): number {
  one.do((election) => election.stand()).flush()
  const start = state(one).standing?.start as number
  one.receive('c', request(start)).receive('c', { type: 'acknowledge', timestamp: start })
  expect(one.sent).toContainEqual({ to: 'c', message: { type: 'acknowledge', timestamp: start } })
  return start
}

/** A node that leads, with the term of its leadership. */
function leader(): { one: OneNode<Message>; start: number } {
  const one = node()
  const start = standing(one)
  for (const id of ['a', 'b']) one.receive(id, { type: 'acknowledge', timestamp: start })
  expect(one.election.leader).toBe('c')
  expect(one.sent).toHaveLength(4)
  return { one, start }
}

describe('a voter', () => {
  it('acknowledges a candidacy once it is durable, and not before', () => {
    const one = node()
    expect(one.sent).toHaveLength(4)
    one.receive('a', request(7))
    expect(one.sent).toEqual([])
    one.flush()
    expect(one.sent).toEqual([{ to: 'a', message: { type: 'acknowledge', timestamp: 7 } }])
  })

  it('acknowledges the same candidacy again, for a candidate that did not hear it', () => {
    const one = node().receive('a', request(7)).flush()
    expect(one.sent).toHaveLength(5)
    one.receive('a', request(7))
    expect(one.sent).toEqual([{ to: 'a', message: { type: 'acknowledge', timestamp: 7 } }])
  })

  it('acknowledges a newer candidacy after an older one, and no older one after that', () => {
    const one = node().receive('a', request(7)).receive('b', request(8)).flush()
    expect(one.sent.slice(4)).toEqual([
      { to: 'a', message: { type: 'acknowledge', timestamp: 7 } },
      { to: 'b', message: { type: 'acknowledge', timestamp: 8 } },
    ])
    one.receive('a', request(7))
    expect(one.sent).toEqual([{ to: 'a', message: { type: 'newer', newest: term(8, 'b') } }])
  })

  it('lets the id decide between equal timestamps', () => {
    const one = node().receive('b', request(7)).flush().receive('a', request(7))
    expect(one.sent.slice(5)).toEqual([{ to: 'a', message: { type: 'newer', newest: term(7, 'b') } }])
    one.receive('d', request(7)).flush()
    expect(one.sent).toEqual([{ to: 'd', message: { type: 'acknowledge', timestamp: 7 } }])
  })

  it('remembers across a crash what it acknowledged, and nothing that was not durable', () => {
    const one = node().receive('a', request(7)).flush().receive('a', request(9))
    one.restart()
    expect(state(one).newest).toEqual(term(7, 'a'))
    one.receive('b', request(6))
    expect(one.sent.slice(4)).toEqual([{ to: 'b', message: { type: 'newer', newest: term(7, 'a') } }])
  })

  it('goes on naming its leader while a newer candidacy is undecided', () => {
    const one = node().receive('a', leads(5, 'a')).receive('b', request(9)).flush()
    expect(one.election.leader).toBe('a')
    one.receive('b', leads(9, 'b'))
    expect(one.election.leader).toBe('b')
    expect(one.election.term).toEqual(term(9, 'b'))
  })

  it('follows a leader no more that stands anew: it does not lead, and may hear nobody who could tell it that it does', () => {
    const one = node().receive('a', leads(5, 'a')).receive('a', request(9)).flush()
    expect(one.election.leader).toBeUndefined()
    // Not either when somebody else is heard who does not know yet, or when yet another stands.
    one.receive('b', leads(5, 'a')).receive('d', request(10)).flush()
    expect(one.election.leader).toBeUndefined()
    expect(one.sent).toContainEqual({ to: 'b', message: { type: 'resigned', term: term(5, 'a') } })
    one.receive('a', leads(11, 'a'))
    expect(one.election.leader).toBe('a')
  })

  it('follows it no more, either, when it stands with less than somebody else has', () => {
    const one = node().receive('a', leads(5, 'a')).receive('b', request(9)).receive('a', request(7)).flush()
    expect(one.election.leader).toBeUndefined()
    expect(one.sent).toContainEqual({ to: 'a', message: { type: 'newer', newest: term(9, 'b') } })
  })

  it('takes no news of a leader for new that has stood again since', () => {
    const one = node().receive('a', request(9)).receive('b', leads(5, 'a')).receive('d', request(10)).flush()
    expect(one.election.leader).toBeUndefined()
  })

  it('hears nothing from who is no member, nor of one', () => {
    const one = node()
    one.receive('x', request(7))
    one.receive('a', leads(7, 'x')).receive('a', leads(7, 'a', term(8, 'x')))
    one
      .receive('a', { type: 'newer', newest: term(7, 'x') })
      .receive('a', { type: 'resigned', term: term(7, 'x') })
      .flush()
    expect(state(one).newest).toEqual(noTerm)
    expect(one.sent).toHaveLength(4)
  })

  it('hears nothing of a timestamp beyond reason, to which nothing could be added', () => {
    const one = node()
    one.receive('a', request(Number.MAX_SAFE_INTEGER)).flush()
    expect(state(one).newest).toEqual(noTerm)
    expect(one.sent).toHaveLength(4)
  })
})

describe('a candidate', () => {
  it('sends its request once its candidacy is durable, and not before', () => {
    const one = node()
    expect(one.sent).toHaveLength(4)
    one.do((election) => election.stand())
    expect(one.sent).toEqual([])
    one.flush()
    expect(one.sent.map(({ to, message }) => [to, message.type])).toEqual(members.map((id) => [id, 'request']))
  })

  it('stands with a timestamp beyond all that it has seen', () => {
    const one = node().receive('e', request(5000)).flush()
    expect(standing(one)).toBeGreaterThan(5000)
  })

  it('that is asked to stand again does not: its candidacy is the newest', () => {
    const one = node()
    const start = standing(one)
    one.do((election) => election.stand())
    expect(state(one).standing?.start).toBe(start)
  })

  it('keeps its candidacy, however long it takes, while it hears of no newer one', () => {
    const one = node()
    const start = standing(one)
    one.pass(10 * longMs)
    expect(state(one).standing?.start).toBe(start)
  })

  it('leads once its timestamp has reached its start and a quorum, its own acknowledgement being one like any other', () => {
    const one = node()
    const start = standing(one)
    one.receive('a', { type: 'acknowledge', timestamp: start })
    expect(state(one).standing).toEqual({ start, timestamp: start + 2, acknowledgedBy: ['c', 'a'] })
    expect(one.election.leader).toBeUndefined()
    one.receive('d', { type: 'acknowledge', timestamp: start })
    expect(one.election.leader).toBe('c')
    expect(one.election.term).toEqual(term(start, 'c'))
    expect(one.indications).toEqual([{ type: 'leader-changed', leader: 'c', term: term(start, 'c') }])
    expect(one.sent).toEqual(others.map((to) => ({ to, message: leads(start, 'c') })))
  })

  it('counts each voter once, and none who is no member', () => {
    const one = node()
    const start = standing(one)
    for (let copy = 0; copy < 5; copy++) one.receive('a', { type: 'acknowledge', timestamp: start })
    for (const id of ['x', 'y']) one.receive(id, { type: 'acknowledge', timestamp: start })
    expect(one.election.leader).toBeUndefined()
  })

  it('counts no acknowledgement of another candidacy, be it of its former life', () => {
    const one = node()
    const former = standing(one)
    one.restart()
    const start = standing(one)
    expect(start).toBeGreaterThan(former)
    for (const id of others) one.receive(id, { type: 'acknowledge', timestamp: former })
    expect(one.election.leader).toBeUndefined()
  })

  it('repeats its request to those that have not acknowledged it', () => {
    const one = node()
    const start = standing(one)
    one.receive('b', { type: 'acknowledge', timestamp: start }).pass(30)
    expect(one.sent).toEqual(['a', 'd', 'e'].map((to) => ({ to, message: request(start) })))
  })

  it('retires before a newer candidacy', () => {
    const one = node()
    const start = standing(one)
    one.receive('e', request(start + 1)).flush()
    expect(one.sent).toEqual([{ to: 'e', message: { type: 'acknowledge', timestamp: start + 1 } }])
    for (const id of ['a', 'b']) one.receive(id, { type: 'acknowledge', timestamp: start })
    expect(one.election.leader).toBeUndefined()
  })

  it('that hears that it stands with too old a timestamp stands again with a newer one', () => {
    const one = node()
    const start = standing(one)
    one.receive('e', { type: 'newer', newest: term(start + 5000, 'b') })
    expect(
      one
        .pass(39)
        .flush()
        .sent.filter(({ message }) => message.type === 'request' && message.timestamp > start),
    ).toEqual([])
    one.pass(12).flush()
    expect(state(one).standing?.start).toBeGreaterThan(start + 5000)
  })

  it('is not put off by hearing the same again and again', () => {
    const one = node()
    const start = standing(one)
    for (let times = 0; times < 10; times++)
      one.receive('e', { type: 'newer', newest: term(start + 5000, 'b') }).pass(5)
    expect(state(one).standing?.start).toBeGreaterThan(start + 5000)
  })

  it('gives up when another leads', () => {
    const one = node()
    const start = standing(one)
    one.receive('e', leads(start + 1, 'e')).flush()
    for (const id of ['a', 'b']) one.receive(id, { type: 'acknowledge', timestamp: start })
    expect(one.election.leader).toBe('e')
    expect(state(one).standing).toBeNull()
  })

  it('beside a leader gives up in the end if it is not acknowledged', () => {
    const one = node().receive('a', leads(5, 'a')).flush()
    standing(one)
    one.pass(longMs)
    expect(state(one).standing).toBeNull()
    expect(one.election.leader).toBe('a')
  })
})

describe('a node', () => {
  it('that starts asks who leads, and stands after a while when nobody answers', () => {
    const one = node()
    expect(one.sent).toEqual(others.map((to) => ({ to, message: { type: 'inquire', term: noTerm } })))
    one.pass(longMs).flush()
    expect(one.sent.map(({ message }) => message.type)).toContain('request')
  })

  it('that starts waits for answers, also when it would stand first and hears of somebody else being gone', () => {
    const one = new OneNode(timestamp, { id: 'a', members }).do((election) => election.suspect('e', 'gone'))
    one.pass(19)
    expect(state(one).standing).toBeNull()
    one.pass(1)
    expect(state(one).standing).not.toBeNull()
  })

  it('that starts and hears of a leader does not stand', () => {
    const one = node().receive('a', leads(5, 'a')).pass(longMs).flush()
    expect(one.election.leader).toBe('a')
    expect(one.sent.map(({ message }) => message.type)).not.toContain('request')
  })

  it('that would stand first stands at once when its leader is gone', () => {
    const one = new OneNode(timestamp, { id: 'a', members }).receive('e', leads(5, 'e')).flush()
    expect(one.sent).toHaveLength(4)
    one
      .do((election) => election.suspect('e', 'gone'))
      .pass(0)
      .flush()
    expect(one.sent.map(({ message }) => message.type)).toEqual(members.map(() => 'request'))
    expect(one.election.leader).toBeUndefined()
  })

  it('that stands next after a leader that resigned stands at once', () => {
    const one = new OneNode(timestamp, { id: 'b', members }).receive('a', leads(5, 'a'))
    one.receive('a', { type: 'resigned', term: term(5, 'a') }).pass(0)
    expect(state(one).standing).not.toBeNull()
  })

  it('is not deprived of its leader by news of an older one', () => {
    const one = node()
      .receive('b', leads(9, 'b'))
      .receive('a', { type: 'resigned', term: term(5, 'a') })
    expect(one.election.leader).toBe('b')
  })

  it('learns of the newest candidacy from a leader, and tells a leader of a newer one', () => {
    const one = node()
      .receive('a', leads(5, 'a', term(50, 'b')))
      .flush()
    expect(state(one).newest).toEqual(term(50, 'b'))
    expect(one.sent).toHaveLength(4)
    one.receive('a', leads(5, 'a'))
    expect(one.sent).toEqual([{ to: 'a', message: { type: 'newer', newest: term(50, 'b') } }])
  })

  it('leaves the ones before it the time to stand first, and waits for their candidacy', () => {
    const one = node().receive('e', leads(5, 'e')).flush()
    one
      .do((election) => election.suspect('e', 'gone'))
      .pass(19)
      .receive('a', request(100))
      .flush()
    expect(one.sent.slice(4)).toEqual([{ to: 'a', message: { type: 'acknowledge', timestamp: 100 } }])
    one.pass(59).flush()
    expect(one.sent).toEqual([])
  })

  it('does not wait for a candidate that is gone as well', () => {
    const one = node()
      .receive('e', leads(5, 'e'))
      .do((election) => election.suspect('e', 'gone'))
    one.receive('a', request(100)).flush()
    one.do((election) => election.suspect('b', 'gone')).do((election) => election.suspect('a', 'gone'))
    one.pass(0).flush()
    expect(state(one).standing?.start).toBeGreaterThan(100)
  })

  it('names its leader again when it is trusted again', () => {
    const one = node()
      .receive('e', leads(5, 'e'))
      .do((election) => election.suspect('e', 'silent'))
    expect(one.election.leader).toBeUndefined()
    one
      .do((election) => election.restore('e'))
      .flush()
      .pass(longMs)
    expect(one.election.leader).toBe('e')
    expect(one.indications.map(({ leader }) => leader)).toEqual(['e', undefined, 'e'])
  })

  it('does not follow a leader that it suspects, late as its announcement may come', () => {
    const one = node()
      .do((election) => election.suspect('e', 'gone'))
      .receive('e', leads(5, 'e'))
    expect(one.election.leader).toBeUndefined()
  })

  it('that led in a former life takes a term of its own', () => {
    const { one, start } = leader()
    one.restart()
    expect(one.election.leader).toBeUndefined()
    one.receive('a', leads(start, 'c')).flush()
    expect(one.election.leader).toBeUndefined()
    expect(state(one).standing?.start).toBeGreaterThan(start)
  })

  it('asks a leader that has not been heard of for long, and one that leads no more says so', () => {
    const one = node().receive('a', leads(5, 'a')).flush()
    expect(one.sent).toHaveLength(4)
    one.pass(199)
    expect(one.sent).toEqual([])
    one.pass(1)
    expect(one.sent).toEqual([{ to: 'a', message: { type: 'inquire', term: term(5, 'a') } }])

    const asked = new OneNode(timestamp, { id: 'a', members })
    expect(asked.sent).toHaveLength(4)
    asked.receive('c', { type: 'inquire', term: term(5, 'a') })
    expect(asked.sent).toEqual([{ to: 'c', message: { type: 'resigned', term: term(5, 'a') } }])
    one.receive('a', { type: 'resigned', term: term(5, 'a') })
    expect(one.election.leader).toBeUndefined()
  })

  it('tells one that does not know it leads', () => {
    const one = node().receive('a', leads(5, 'a')).flush()
    expect(one.sent).toHaveLength(4)
    one.receive('a', { type: 'inquire', term: noTerm }).receive('b', { type: 'inquire', term: noTerm })
    expect(one.sent).toEqual([{ to: 'a', message: leads(5, 'a') }])
  })

  it('that is asked whether it still leads tells of the newer leader that it follows', () => {
    const one = node().receive('b', leads(9, 'b')).flush()
    expect(one.sent).toHaveLength(4)
    one.receive('a', { type: 'inquire', term: term(5, 'c') })
    expect(one.sent).toEqual([{ to: 'a', message: leads(9, 'b') }])
  })

  it('tells an older leader of the newer one', () => {
    const one = node().receive('b', leads(9, 'b')).flush()
    expect(one.sent).toHaveLength(4)
    one.receive('a', leads(5, 'a')).receive('d', request(6))
    expect(one.sent).toEqual([
      { to: 'a', message: leads(9, 'b') },
      { to: 'd', message: leads(9, 'b') },
    ])
  })
})

describe('a leader', () => {
  it('announces itself again and again', () => {
    const { one, start } = leader()
    one.pass(100)
    expect(one.sent).toEqual(others.map((to) => ({ to, message: leads(start, 'c') })))
    one.pass(100)
    expect(one.sent).toHaveLength(4)
  })

  it('that hears of a newer candidacy leads no more, and takes a term that is new enough for all', () => {
    const { one, start } = leader()
    one.receive('b', { type: 'newer', newest: term(start + 5000, 'b') }).flush()
    expect(one.election.leader).toBeUndefined()
    expect(one.indications.at(-1)).toEqual({ type: 'leader-changed', leader: undefined, term: term(start, 'c') })
    one.pass(30).flush()
    expect(state(one).standing?.start).toBeGreaterThan(start + 5000)
  })

  it('that acknowledges a newer candidacy leaves it the time to succeed, and says so to whoever asks meanwhile', () => {
    const { one, start } = leader()
    one.receive('e', request(start + 1)).flush()
    expect(one.sent).toEqual([{ to: 'e', message: { type: 'acknowledge', timestamp: start + 1 } }])
    expect(one.election.leader).toBeUndefined()
    one.receive('b', { type: 'inquire', term: term(start, 'c') })
    expect(one.sent).toEqual([{ to: 'b', message: { type: 'resigned', term: term(start, 'c') } }])
    one.pass(59)
    expect(state(one).standing).toBeNull()
    one.pass(30)
    expect(state(one).standing?.start).toBeGreaterThan(start + 1)
  })

  it('stops before a newer one', () => {
    const { one, start } = leader()
    one.receive('e', leads(start + 1, 'e')).flush()
    expect(one.election.leader).toBe('e')
    one.pass(150)
    expect(one.sent).toEqual([])
  })

  it('that resigns tells the others, and stands again only after they had their time', () => {
    const { one, start } = leader()
    one.do((election) => election.resign())
    expect(one.election.leader).toBeUndefined()
    expect(one.sent).toEqual(others.map((to) => ({ to, message: { type: 'resigned', term: term(start, 'c') } })))
    one.pass(219).flush()
    expect(one.sent.map(({ message }) => message.type)).not.toContain('request')
    one.pass(1).flush()
    expect(one.sent.map(({ message }) => message.type)).toContain('request')
  })

  it('that resigned does not stand for a while when another leads, though asked to', () => {
    const { one, start } = leader()
    one
      .do((election) => election.resign())
      .receive('a', leads(start + 1, 'a'))
      .flush()
    one.do((election) => election.stand())
    expect(state(one).standing).toBeNull()
    one.pass(220).do((election) => election.stand())
    expect(state(one).standing?.start).toBeGreaterThan(start + 1)
  })

  it('that resigned says so to one that still names it', () => {
    const { one, start } = leader()
    one.do((election) => election.resign())
    expect(one.sent).toHaveLength(4)
    one.receive('b', leads(start, 'c'))
    expect(one.sent).toEqual([{ to: 'b', message: { type: 'resigned', term: term(start, 'c') } }])
  })

  it('resigns when its node stops in good order', () => {
    const { one } = leader()
    one.do((election) => election.stop?.())
    expect(one.sent.map(({ message }) => message.type)).toEqual(others.map(() => 'resigned'))
  })

  it('does not stand, though asked to', () => {
    const { one, start } = leader()
    one.do((election) => election.stand()).flush()
    expect(one.election.term).toEqual(term(start, 'c'))
    expect(one.sent).toEqual([])
  })

  it('gives up once its detector suspects so many that no quorum is left, since nobody else might', () => {
    const { one, start } = leader()
    one.do((election) => election.suspect('a', 'silent')).do((election) => election.suspect('b', 'silent'))
    expect(one.election.leader).toBe('c')
    one.do((election) => election.suspect('d', 'silent'))
    expect(one.election.leader).toBeUndefined()
    expect(one.sent).toEqual(others.map((to) => ({ to, message: { type: 'resigned', term: term(start, 'c') } })))
  })

  it('gives up at once what it wins by acknowledgements that came late, when by then it reaches no quorum', () => {
    const one = node()
    const start = standing(one)
    for (const id of ['a', 'b', 'd']) one.do((election) => election.suspect(id, 'silent'))
    for (const id of ['a', 'b']) one.receive(id, { type: 'acknowledge', timestamp: start })
    one.flush()
    expect(one.election.leader).toBeUndefined()
    expect(one.sent.slice(-4)).toEqual(
      others.map((to) => ({ to, message: { type: 'resigned', term: term(start, 'c') } })),
    )
  })

  it('is not shaken by suspicions of itself', () => {
    const { one } = leader()
    one.do((election) => election.suspect('c', 'gone'))
    expect(one.election.leader).toBe('c')
  })
})

describe('a node whose log has come to index 4 of term 7 a', () => {
  const own = { term: term(7, 'a'), index: 4 }
  const position = { number: 7, id: 'a', index: 4 }
  const logged = (id = 'c'): OneNode<Message> => new OneNode(timestamp, { id, members, logPosition: () => own })
  const election = (one: OneNode<Message>): LogElection<unknown> => one.election as LogElection<unknown>
  /** One that leads, with the term of its leadership. */
  const logLeader = (): { one: OneNode<Message>; start: number } => {
    const one = logged()
    one.do((each) => each.stand()).flush()
    const start = state(one).standing?.start as number
    for (const id of ['a', 'b', 'd']) one.receive(id, { type: 'acknowledge', timestamp: start })
    expect(one.election.leader).toBe('c')
    expect(one.sent).not.toEqual([])
    return { one, start }
  }

  it.each([
    ['an earlier term', { number: 6, id: 'e', index: 9 }],
    ['a term of a lesser id', { number: 7, id: '', index: 9 }],
    ['a shorter log', { number: 7, id: 'a', index: 3 }],
  ])('promises a candidacy with %s, so that its own will be newer, and does not acknowledge it', (_, behind) => {
    const one = logged()
    expect(one.sent).toHaveLength(4)
    one.receive('b', { type: 'request', timestamp: 50, position: behind }).flush()
    expect(one.sent).toEqual([])
    expect(election(one).promised).toEqual(term(50, 'b'))
    one.restart()
    expect(election(one).promised).toEqual(term(50, 'b'))
  })

  it.each([
    ['the same position', position],
    ['a longer log', { number: 7, id: 'a', index: 5 }],
    ['a later term', { number: 8, id: 'a', index: 1 }],
    ['a term of a greater id', { number: 7, id: 'b', index: 1 }],
  ])('acknowledges a candidacy with %s', (_, ahead) => {
    const one = logged()
    expect(one.sent).toHaveLength(4)
    one.receive('b', { type: 'request', timestamp: 50, position: ahead }).flush()
    expect(one.sent).toEqual([{ to: 'b', message: { type: 'acknowledge', timestamp: 50 } }])
  })

  it('stands with its position', () => {
    const one = logged()
    one.do((each) => each.stand()).flush()
    const { start } = state(one).standing as { start: number }
    expect(one.sent).toContainEqual({ to: 'a', message: { type: 'request', timestamp: start, position } })
  })

  it('leads again at once, in a newer term, when a candidate interferes whose log lacks something', () => {
    const { one, start } = logLeader()
    one.receive('e', request(start + 5000)).flush()
    expect(one.election.leader).toBeUndefined()
    one.pass(0).flush()
    expect(state(one).standing?.start).toBeGreaterThan(start + 5000)
  })

  it('stands again at once when its candidacy is overtaken by one whose log lacks something', () => {
    const one = logged()
    one.do((each) => each.stand()).flush()
    const { start } = state(one).standing as { start: number }
    one.receive('e', request(start + 5000)).pass(0)
    expect(state(one).standing?.start).toBeGreaterThan(start + 5000)
  })

  it('follows a leader that proves itself by a message of the log, also one that nobody has announced', () => {
    const one = logged()
    expect(election(one).follow('b', term(9, 'b'))).toBe(true)
    expect(one.election.leader).toBe('b')
    expect(election(one).promised).toEqual(term(9, 'b'))
    expect(election(one).follow('b', term(9, 'b'))).toBe(true)
  })

  it('does not follow a leader that is older than its promise, that the term does not belong to, or itself', () => {
    const one = logged()
    one.receive('b', { type: 'request', timestamp: 50, position }).flush()
    expect(election(one).follow('a', term(50, 'a'))).toBe(false)
    expect(election(one).follow('a', term(60, 'd'))).toBe(false)
    expect(election(one).follow('c', term(60, 'c'))).toBe(false)
    expect(election(one).follow('x', term(60, 'x'))).toBe(false)
    expect(one.election.leader).toBeUndefined()
    expect(election(one).follow('b', term(50, 'b'))).toBe(true)
  })

  it('does not follow a leader that has resigned, late as its messages may come', () => {
    const one = logged()
    one.receive('b', { type: 'resigned', term: term(9, 'b') }).flush()
    expect(election(one).follow('b', term(9, 'b'))).toBe(false)
    expect(one.election.leader).toBeUndefined()
  })

  it('that leads asks the member that leadership is handed to to stand, and who does not lead asks nobody', () => {
    const { one, start } = logLeader()
    one.do((each) => (each as LogElection<unknown>).transfer('b'))
    expect(one.sent).toEqual([{ to: 'b', message: { type: 'standNow', term: term(start, 'c') } }])
    const other = logged()
    expect(other.sent).toHaveLength(4)
    other.do((each) => (each as LogElection<unknown>).transfer('b')).flush()
    expect(other.sent).toEqual([])
  })

  it('stands at once when its leader asks it to, and when nobody else does', () => {
    const one = logged().receive('a', leads(9, 'a')).flush()
    one.receive('b', { type: 'standNow', term: term(9, 'a') }).receive('a', { type: 'standNow', term: term(8, 'a') })
    expect(state(one).standing).toBeNull()
    one.receive('a', { type: 'standNow', term: term(9, 'a') })
    expect(state(one).standing?.start).toBeGreaterThan(9)
  })
})

describe('what is stored', () => {
  it('is refused when it cannot be read: to forget it might acknowledge an older candidacy', () => {
    expect(thrown(() => node(new Map([['newest', new Uint8Array([1, 2, 3])]])))?.code).toBe('QUORATE_STATE_MALFORMED')
  })
})

describe('whatever arrives', { timeout: 120_000 }, () => {
  const id = fc.constantFrom(...members)
  const candidacy = fc.record({ number: fc.integer({ min: 1, max: 40 }), id })
  const message: fc.Arbitrary<Message> = fc.oneof(
    fc.record({
      type: fc.constant('request' as const),
      timestamp: fc.integer({ min: 1, max: 40 }),
      position: fc.record({ number: fc.integer({ min: 0, max: 3 }), id, index: fc.integer({ min: 0, max: 3 }) }),
    }),
    fc.record({ type: fc.constant('acknowledge' as const), timestamp: fc.integer({ min: 1, max: 2000 }) }),
    fc.record({ type: fc.constant('newer' as const), newest: candidacy }),
    fc.record({ type: fc.constant('leads' as const), term: candidacy, newest: candidacy }),
    fc.record({ type: fc.constant('inquire' as const), term: candidacy }),
    fc.record({ type: fc.constant('resigned' as const), term: candidacy }),
    fc.record({ type: fc.constant('standNow' as const), term: candidacy }),
  )
  type Action = (one: OneNode<Message>) => void
  const action: fc.Arbitrary<Action> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(id, message).map(
        ([from, each]): Action =>
          (one) =>
            one.receive(from, each),
      ),
    },
    fc.integer({ min: 0, max: 300 }).map(
      (ms): Action =>
        (one) =>
          one.pass(ms),
    ),
    id.map(
      (peer): Action =>
        (one) =>
          one.do((election) => election.suspect(peer, 'silent')),
    ),
    id.map(
      (peer): Action =>
        (one) =>
          one.do((election) => election.restore(peer)),
    ),
    fc.constantFrom<Action>(
      (one) => one.do((election) => election.stand()),
      (one) => one.do((election) => election.resign()),
      (one) => one.flush(),
      (one) => one.restart(),
    ),
  )

  it('a node never acknowledges an older candidacy than it acknowledged before, in this life or another', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 60 }), (actions) => {
        const one = node()
        let newest = noTerm
        for (const each of actions) {
          each(one)
          for (const { to, message: sent } of one.sent) {
            if (sent.type !== 'acknowledge') continue
            const acknowledged = term(sent.timestamp, to)
            expect(compareTerms(acknowledged, newest)).toBeGreaterThanOrEqual(0)
            newest = acknowledged
          }
          expect(compareTerms(state(one).newest, newest)).toBeGreaterThanOrEqual(0)
          expect(compareTerms(state(one).newest, state(one).established)).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 500, seed: 1 },
    )
  })
})
