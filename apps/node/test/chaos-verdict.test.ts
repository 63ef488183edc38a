import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNode, type NodeHandle } from '../src/index.js'
import { checkHistories } from '../src/chaos/check/check-histories.js'
import { resolveUnknown } from '../src/chaos/check/evidence.js'
import { judge, type Facts } from '../src/chaos/verdict.js'
import { History, workloadNames, type Recorded } from '../src/chaos/workload/history.js'
import { Load } from '../src/chaos/workload/load.js'
import {
  StoreConnection,
  type Store,
  type StoreAnswer,
  type StoreInput,
} from '../src/chaos/workload/store-connection.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { Workbench } from './support/quorate.js'

const linearizable = { model: 'etcd', verdict: 'linearizable', operations: 1_000, ms: 1 } as const
const well: Facts = {
  seconds: 60,
  answered: { register: { reads: 500, changes: 500 }, append: { reads: 60, changes: 60 } },
  faults: new Map([
    ['kill', { injected: 3, tookEffect: 1 }],
    ['pause', { injected: 2, tookEffect: 2 }],
  ]),
  checked: [linearizable],
  unexplained: [],
  hashes: new Map([
    ['n1', 7],
    ['n2', 7],
  ]),
  ended: [],
  notRecovered: [],
}
const codes = (facts: Partial<Facts>): readonly string[] => {
  const { outcome, reasons } = judge({ ...well, ...facts })
  return [outcome, ...reasons.map(({ code }) => code)]
}

describe('the verdict on a run', () => {
  it('is that it has passed when everything holds, enough was answered and each fault took effect', () => {
    expect(judge(well)).toEqual({ outcome: 'passed', reasons: [] })
  })

  it.each<[string, Partial<Facts>, string]>([
    ['an answer that nothing explains', { checked: [{ ...linearizable, verdict: 'violation' }] }, 'VIOLATION'],
    ['a revision that nobody made', { unexplained: ['revision 7 …'] }, 'UNEXPLAINED_REVISION'],
    ['replicas that differ', { hashes: new Map([...well.hashes, ['n3', 8]]) }, 'DIVERGED'],
    ['a node that ended by itself', { ended: ['n1 ended'] }, 'NODE_ENDED'],
    ['a node that does not come back', { notRecovered: ['n1'] }, 'NOT_RECOVERED'],
  ])('is that it has failed for %s, whatever else', (_, facts, code) => {
    expect(codes(facts)).toEqual(['failed', `QUORATE_CHAOS_${code}`])
    expect(codes({ ...facts, faults: new Map() })[0]).toBe('failed')
  })

  it.each<[string, Partial<Facts>, string]>([
    ['the checker did not decide', { checked: [{ ...linearizable, verdict: 'unknown' }] }, 'UNDECIDED'],
    [
      'one workload changed too little',
      { answered: { ...well.answered, append: { reads: 900, changes: 59 } } },
      'TOO_FEW_OPERATIONS',
    ],
    [
      'one workload read too little',
      { answered: { ...well.answered, append: { reads: 3, changes: 900 } } },
      'TOO_FEW_OPERATIONS',
    ],
    ['nothing was asked', { answered: {} }, 'TOO_FEW_OPERATIONS'],
    [
      'one kind of fault never took effect',
      { faults: new Map([...well.faults, ['clock', { injected: 4, tookEffect: 0 }]]) },
      'NO_EFFECT',
    ],
    ['no fault is possible', { faults: new Map() }, 'NO_EFFECT'],
  ])('is that it proves nothing when %s', (_, facts, code) => {
    expect(codes(facts)).toEqual(['inconclusive', `QUORATE_CHAOS_${code}`])
  })
})

/** How a store lies, or what becomes of answers, given what would be true. */
type Lie = (input: StoreInput, store: Store) => Promise<StoreAnswer>

const noAnswer = { outcome: 'unknown', reason: '4 deadline exceeded' } as const
const changes = (input: StoreInput): boolean => input.type !== 'range'
/** Once in so many requests that it could be. */
const every = (count: number, applies: (input: StoreInput) => boolean, lie: Lie): Lie => {
  let seen = 0
  return (input, store) => (applies(input) && ++seen % count === 0 ? lie(input, store) : store.execute(input))
}

describe('what clients saw of a store', { timeout: 60_000 }, () => {
  const bench = new Workbench()
  let node: NodeHandle
  let port: number

  beforeAll(async () => {
    const [peer, client] = (await freeLoopbackPorts(2)) as [number, number]
    port = client
    node = await startNode({
      name: 'n1',
      dataDir: bench.path('n1'),
      initialCluster: { n1: [`http://127.0.0.1:${peer}`] },
      listenClientUrls: [`http://127.0.0.1:${client}`],
    })
  })
  afterAll(async () => {
    await node.stop()
    await bench.close()
  })

  /** Lets two clients of each workload talk to the store for a while, through the lie, and holds what they saw against the models. */
  async function codesOf(
    lie: Lie,
  ): Promise<{ codes: readonly string[]; operations: readonly Recorded[]; resolved: number }> {
    const direct = new StoreConnection(port, 10_000)
    const all = { type: 'range', key: '\0', rangeEnd: '\0' } as const
    // A run begins with an empty store; its revision goes on from that of the run before.
    const before = await emptied(direct)
    const shifted: Store = {
      execute: async (input) => {
        const answer = await lie(input, { execute: (each) => direct.execute(unshift(each, before)) })
        return answer.outcome === 'ok' ? { ...answer, output: shift(answer.output, before) } : answer
      },
    }
    const history = new History()
    const load = new Load({ seed: 1, workloads: workloadNames, nodes: ['a', 'b'], history, connect: () => shifted })
    load.start()
    while (history.samples.length < 300) await sleep(10)
    await load.stop()
    const last = await direct.execute(all)
    const revision = (last.outcome === 'ok' ? last.output.revision : 0) - before
    const evidence = await resolveUnknown(
      history.operations,
      revision,
      async (at) => direct.putAt(at + before),
      () => history.nowMs,
    )
    direct.close()
    const { reasons } = judge({
      ...well,
      checked: checkHistories(evidence.operations),
      unexplained: evidence.unexplained,
    })
    return {
      codes: [...new Set(reasons.map(({ code }) => code))],
      operations: evidence.operations,
      resolved: evidence.tookEffect,
    }
  }

  it('is linearizable when it tells the truth', async () => {
    const { codes: found, operations } = await codesOf((input, store) => store.execute(input))
    expect(found).toEqual([])
    expect(operations.length).toBeGreaterThan(100)
  })

  it('is linearizable when answers get lost, and every change without one is known to have taken effect or not', async () => {
    const lost = every(5, changes, async (input, store) => {
      await store.execute(input)
      return noAnswer
    })
    const unsent = every(7, changes, async () => noAnswer)
    const {
      codes: found,
      operations,
      resolved,
    } = await codesOf((input, store) => unsent(input, { execute: (each) => lost(each, store) }))
    expect(found).toEqual([])
    expect(resolved).toBeGreaterThan(5)
    expect(operations.filter(({ outcome }) => outcome === 'unknown')).toEqual([])
  })

  it('is not when a write that was acknowledged is lost', async () => {
    const lying = every(
      5,
      ({ type }) => type === 'put',
      async (input, store) => {
        const [key, value] = input.type === 'put' ? [input.key, input.value] : ['', '']
        const read = await store.execute({ type: 'range', key })
        return read.outcome === 'ok' && value !== ''
          ? { outcome: 'ok', output: { revision: read.output.revision + 1 } }
          : read
      },
    )
    expect((await codesOf(lying)).codes).toContain('QUORATE_CHAOS_VIOLATION')
  })

  it('is not when a read is answered with what was there before', async () => {
    const answers = new Map<string, StoreAnswer[]>()
    const { codes: found } = await codesOf(async (input, store) => {
      const answer = await store.execute(input)
      if (input.type !== 'range' || !input.key.startsWith('r/')) return answer
      const earlier = answers.get(input.key) ?? []
      answers.set(input.key, [...earlier, answer])
      return (earlier.length === 4 ? earlier[0] : undefined) ?? answer
    })
    expect(found).toContain('QUORATE_CHAOS_VIOLATION')
  })

  it('is not when a change is carried out twice, and the report says which', async () => {
    const twice = every(
      10,
      ({ type }) => type === 'put',
      async (input, store) => {
        const answer = await store.execute(input)
        await store.execute(input)
        return answer
      },
    )
    expect((await codesOf(twice)).codes).toContain('QUORATE_CHAOS_UNEXPLAINED_REVISION')
  })
})

/** Deletes everything. Returns the revision, less that of an empty store. */
async function emptied(store: StoreConnection): Promise<number> {
  const answer = await store.execute({
    type: 'txn',
    compare: [],
    success: [{ type: 'deleteRange', key: '\0', rangeEnd: '\0' }],
    failure: [],
  })
  if (answer.outcome !== 'ok') throw new Error(answer.reason)
  return answer.output.revision - 1
}

type Output = Extract<StoreAnswer, { readonly outcome: 'ok' }>['output']

/** Revisions as those of a store that begins at this one. */
function shift(output: Output, by: number): Output {
  const answer = <A extends Pick<Output, 'kvs'>>(each: A): A =>
    each.kvs === undefined
      ? each
      : {
          ...each,
          kvs: each.kvs.map(({ createRevision = 0, modRevision = 0, ...kv }) => ({
            ...kv,
            createRevision: createRevision - by,
            modRevision: modRevision - by,
          })),
        }
  const { responses } = output
  return {
    ...answer(output),
    revision: output.revision - by,
    ...(responses !== undefined && { responses: responses.map(answer) }),
  }
}

/** The compares of revisions as the store has them. */
function unshift(input: StoreInput, by: number): StoreInput {
  if (input.type !== 'txn') return input
  const compare = input.compare.map((each) =>
    each.target === 'mod' && (each.number ?? 0) > 0 ? { ...each, number: (each.number ?? 0) + by } : each,
  )
  return { ...input, compare }
}
