import { KeyValueStateMachine, MemoryOrderedStore, encodeCommand, type Command, type Result } from '@quorate/kv'
import type { BarrierEnd, EtcdBackend, EtcdMember, MoveLeaderEnd, ProposalEnd } from '../../src/index.js'

/** A node in one process: what is proposed is applied as soon as the caller is done. Tests make it lose its leader, or stop answering. */
export class LocalBackend implements EtcdBackend {
  readonly clusterId = 0xcafe_0000_0000_0001n
  readonly memberId: bigint
  readonly machine = new KeyValueStateMachine(new MemoryOrderedStore())
  readonly #members: EtcdMember[]
  #leaderId: bigint
  #term = 2
  /** How the next proposals end, instead of being applied. `'never'`: not at all. */
  proposals: Exclude<ProposalEnd, { outcome: 'committed' }> | 'never' | undefined
  /** How barriers end. */
  barriers: BarrierEnd | 'never' = 'ready'
  /** What was proposed and what waits for a barrier, in all. */
  proposed = 0
  barriersAsked = 0

  constructor(members: readonly EtcdMember[] = [member(1n)]) {
    this.#members = [...members]
    this.memberId = (members[0] as EtcdMember).id
    this.#leaderId = this.memberId
  }

  get state(): KeyValueStateMachine {
    return this.machine
  }

  term(): number {
    return this.#term
  }

  leaderId(): bigint {
    return this.#leaderId
  }

  /** What clients are told of where this member is. */
  advertise(url: string): void {
    this.#members[0] = { ...(this.#members[0] as EtcdMember), clientUrls: [url] }
  }

  lead(id: bigint): void {
    this.#leaderId = id
  }

  members(): readonly EtcdMember[] {
    return this.#members
  }

  status(): ReturnType<EtcdBackend['status']> {
    const { appliedIndex, bytes } = this.machine
    return {
      version: '3.4.0',
      raftIndex: appliedIndex,
      raftAppliedIndex: appliedIndex,
      dbSizeBytes: bytes,
      dbSizeInUseBytes: bytes,
    }
  }

  propose(command: Uint8Array, done: (end: ProposalEnd) => void): void {
    this.proposed++
    const end = this.proposals
    if (end === 'never') return
    setImmediate(() => done(end ?? { outcome: 'committed', result: this.#apply(command) }))
  }

  readBarrier(done: (end: BarrierEnd) => void): void {
    this.barriersAsked++
    const end = this.barriers
    if (end !== 'never') setImmediate(() => done(end))
  }

  moveLeader(target: bigint, done: (end: MoveLeaderEnd) => void): void {
    this.#leaderId = target
    this.#term++
    setImmediate(() => done('moved'))
  }

  /** As if somebody else had proposed it. */
  execute(command: Command): Result {
    return this.#apply(encodeCommand(command))
  }

  #apply(command: Uint8Array): Result {
    const [result] = this.machine.apply(this.machine.appliedIndex + 1, [command])
    if (result === undefined) throw new Error('a command has no result')
    return result
  }
}

export function member(id: bigint): EtcdMember {
  return { id, name: `m${id}`, peerUrls: [`http://127.0.0.1:${2380n + id}`], clientUrls: ['http://127.0.0.1:2379'] }
}
