import type { StateMachine } from '@quorate/core'
import { phiAccrual } from '@quorate/failure-detection/phi-accrual'
import { raft } from '@quorate/election/raft'
import { raftLog } from '@quorate/replication'
import { nodeIds, Simulation } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { member, type Member, type MemberOptions } from '../src/composition/member.js'
import type { ProposalEnd, ReadEnd } from '../src/composition/replicated-state.js'

const ids = nodeIds(3)
const requestTimeoutMs = 3_000

/** Remembers the commands; a result is how many there are. */
class Commands implements StateMachine<number> {
  readonly applied: number[] = []
  appliedIndex = 0

  apply(firstIndex: number, commands: readonly Uint8Array[]): readonly number[] {
    return commands.map(([value], place) => {
      if (value === poison) throw new Error('poison')
      this.appliedIndex = firstIndex + place
      return this.applied.push(value as number)
    })
  }

  snapshot(): never {
    throw new Error('not asked for here')
  }

  restore(): never {
    throw new Error('not asked for here')
  }
}

const poison = 255

class Cluster {
  readonly simulation: Simulation<Member>
  readonly machines = new Map<string, Commands>()
  readonly failures: unknown[] = []
  readonly forgotten: string[] = []
  readonly ends = new Map<number, ProposalEnd<unknown>[]>()
  #last = 0

  constructor(seed: number, maxDelayMs = 10) {
    this.simulation = new Simulation<Member>({
      seed,
      nodes: ids,
      protocol: (id) => {
        const machine = new Commands()
        this.machines.set(id, machine)
        return member(
          {
            members: ids,
            heartbeatIntervalMs: 20,
            detectionTimeMs: 200,
            maxDelayMs,
            failureDetector: phiAccrual,
            election: raft,
            agreement: undefined,
            maxFaulty: 1,
            replicated: {
              log: raftLog,
              machine,
              requestTimeoutMs,
              clientUrls: [`http://${id}`],
              failed: (error: unknown) => this.failures.push(error),
              forgotten: (witness: string) => this.forgotten.push(`${id}, says ${witness}`),
            },
          } as unknown as MemberOptions,
          () => {},
        )
      },
    })
    this.simulation.start()
  }

  get leader(): string | undefined {
    const named = new Set(this.simulation.live.map((id) => this.simulation.root(id).election.leader))
    return named.size === 1 ? [...named][0] : undefined
  }

  untilLed(): string {
    this.simulation.run(this.simulation.now + 5_000, () => this.leader !== undefined)
    return this.leader as string
  }

  propose(node: string, values: readonly number[] = [++this.#last]): readonly number[] {
    this.simulation.request(node, `propose ${values.join(' ')}`, ({ state }) =>
      state?.propose(
        values.map((value) => ({
          command: Uint8Array.of(value),
          ended: (end) => this.ends.set(value, [...(this.ends.get(value) ?? []), end]),
        })),
      ),
    )
    return values
  }

  read(node: string): { end?: ReadEnd; saw?: readonly number[] } {
    const seen: { end?: ReadEnd; saw?: readonly number[] } = {}
    this.simulation.request(node, 'read', ({ state }) =>
      state?.read([
        (end) => {
          seen.end = end
          seen.saw = [...(this.machines.get(node)?.applied ?? [])]
        },
      ]),
    )
    return seen
  }

  run(ms: number): void {
    this.simulation.run(this.simulation.now + ms)
  }

  outcomes(values: readonly number[]): readonly (string | undefined)[] {
    return values.map((value) => {
      const ends = this.ends.get(value) ?? []
      expect(ends.length).toBeLessThanOrEqual(1)
      return ends[0]?.outcome
    })
  }
}

describe('a replicated state', () => {
  it('tells each proposer, on any member, what came of its command, and is the same on all', () => {
    const cluster = new Cluster(1)
    cluster.untilLed()
    const values = ids.flatMap((id, place) => cluster.propose(id, [10 * place + 1, 10 * place + 2]))
    cluster.run(200)
    expect(new Set(cluster.outcomes(values))).toEqual(new Set(['committed']))
    const [first] = cluster.machines.values()
    expect([...(first?.applied ?? [])].sort((a, b) => a - b)).toEqual(values)
    for (const { applied } of cluster.machines.values()) expect(applied).toEqual(first?.applied)
    // Whose result is which: how many commands there were when it was applied.
    for (const value of values) {
      expect(cluster.ends.get(value)?.[0]).toMatchObject({ result: (first?.applied.indexOf(value) ?? 0) + 1 })
    }
  })

  it('holds what is proposed and read while there is no leader, and gives it to the next', () => {
    const cluster = new Cluster(2)
    const values = ids.flatMap((id) => cluster.propose(id))
    const reads = ids.map((id) => cluster.read(id))
    cluster.run(5)
    expect(cluster.outcomes(values)).toEqual([undefined, undefined, undefined])
    cluster.untilLed()
    cluster.run(300)
    expect(cluster.outcomes(values)).toEqual(['committed', 'committed', 'committed'])
    expect(reads.map(({ end }) => end)).toEqual(['ready', 'ready', 'ready'])
  })

  // The leader dies with what was forwarded to it: the members that are left need not fail, nor wait for long.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('proposes again what was certainly lost with a leader, once: seed %i', (seed) => {
    const cluster = new Cluster(seed)
    const leader = cluster.untilLed()
    cluster.run(100)
    const others = ids.filter((id) => id !== leader)
    const values = others.flatMap((id) => cluster.propose(id))
    cluster.run(seed * 0.1)
    cluster.simulation.apply({ type: 'crash', node: leader })
    values.push(...others.flatMap((id) => cluster.propose(id)))
    cluster.run(2_000)
    expect(cluster.outcomes(values)).toEqual(values.map(() => 'committed'))
    for (const id of others) {
      const applied = cluster.machines.get(id)?.applied ?? []
      expect([...applied].sort((a, b) => a - b)).toEqual([...values].sort((a, b) => a - b))
    }
  })

  it('gives it to the next leader as soon as it is known to be lost, not only when it looks again', () => {
    const maxDelayMs = 1_000
    const cluster = new Cluster(1, maxDelayMs)
    cluster.simulation.run(60_000, () => cluster.leader !== undefined)
    const leader = cluster.leader as string
    cluster.run(100)
    const others = ids.filter((id) => id !== leader)
    const values = others.flatMap((id) => cluster.propose(id))
    // They are on their way to a leader that is no more.
    cluster.simulation.apply({ type: 'crash', node: leader })
    const { simulation } = cluster
    simulation.run(simulation.now + 30_000, () => cluster.leader !== undefined && cluster.leader !== leader)
    cluster.run(maxDelayMs / 10)
    expect(cluster.outcomes(values)).toEqual(['committed', 'committed'])
  })

  it('ends what is proposed and read where no quorum is in time, and says of the one that it is certain, of the other not', () => {
    const cluster = new Cluster(3)
    const leader = cluster.untilLed()
    cluster.run(100)
    const others = ids.filter((id) => id !== leader)
    for (const node of others) cluster.simulation.apply({ type: 'crash', node, forGood: true })
    const [early] = cluster.propose(leader) as [number]
    cluster.run(1_000)
    expect(cluster.simulation.root(leader).election.leader).toBeUndefined()
    const [late] = cluster.propose(leader) as [number]
    const read = cluster.read(leader)
    cluster.run(requestTimeoutMs + 100)
    expect(cluster.ends.get(early)).toEqual([{ outcome: 'unknown', reason: 'timed-out' }])
    expect(cluster.ends.get(late)).toEqual([{ outcome: 'rejected', reason: 'no-leader' }])
    expect(read.end).toBe('no-leader')
  })

  it('lets a read see what was acknowledged before it was asked for, on every member', () => {
    const cluster = new Cluster(4)
    cluster.untilLed()
    for (let round = 0; round < 20; round++) {
      const [value] = cluster.propose(ids[round % 3] as string) as [number]
      while (cluster.outcomes([value])[0] === undefined) cluster.run(0.2)
      const reads = ids.map((id) => cluster.read(id))
      cluster.run(100)
      for (const { end, saw } of reads) expect([end, saw?.includes(value)]).toEqual(['ready', true])
    }
  })

  it('reports a state machine that throws, and answers nobody from then on', () => {
    const cluster = new Cluster(5)
    const leader = cluster.untilLed()
    cluster.propose(leader, [poison])
    cluster.run(200)
    expect(cluster.failures).toHaveLength(3)
    expect(cluster.ends.get(poison)).toEqual([{ outcome: 'unknown', reason: 'stopped' }])
  })

  it('knows where the clients of the other members find them, also of those that are down', () => {
    const cluster = new Cluster(6)
    cluster.untilLed()
    cluster.run(100)
    cluster.simulation.apply({ type: 'crash', node: 'n1', forGood: true })
    cluster.simulation.apply({ type: 'crash', node: 'n2' })
    cluster.run(100)
    cluster.simulation.apply({ type: 'restart', node: 'n2' })
    cluster.run(100)
    const { attributes } = cluster.simulation.root('n2')
    expect(ids.map((id) => attributes?.clientUrls(id))).toEqual([['http://n1'], ['http://n2'], ['http://n3']])
    // It came back with its store.
    expect(cluster.forgotten).toEqual([])
  })
})
