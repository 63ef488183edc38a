import {
  compareTerms,
  messageCodec,
  QuorateError,
  type ElectionDefinition,
  type ElectionIndication,
  type Environment,
  type Inspection,
  type LogEntry,
  type NodeId,
  type ProposalOutcome,
  type Protocol,
  type RejectionReason,
  type ReplicatedLog,
  type ReplicatedLogDefinition,
  type ReplicatedLogIndication,
  type StateMachine,
  type Term,
} from '@quorate/core'

/** How a proposal ended here: as in the log, with what the state machine made of it. */
export type ProposalEnd<Result> =
  | { readonly outcome: 'committed'; readonly index: number; readonly result: Result }
  | { readonly outcome: 'rejected'; readonly reason: RejectionReason }
  | { readonly outcome: 'unknown'; readonly reason: 'timed-out' | 'stopped' }

export interface Proposal<Result> {
  readonly command: Uint8Array
  /** Called once, in a later step. */
  readonly ended: (end: ProposalEnd<Result>) => void
}

/** `ready`: the state shows everything that had been committed when the read was asked for. */
export type ReadEnd = 'ready' | 'no-leader' | 'timed-out' | 'stopped'
export type Read = (end: ReadEnd) => void

export interface ReplicatedStateOptions<Result> {
  readonly log: ReplicatedLogDefinition<unknown>
  readonly machine: StateMachine<Result>
  readonly election: ElectionDefinition<unknown>
  readonly members: readonly NodeId[]
  /** The longest time that a message is assumed to take, handling included, in milliseconds. */
  readonly maxDelayMs: number
  /** How long a request may wait for a leader, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Called when the state machine throws: what the log goes on to commit is not applied any more, and the node must stop. */
  readonly failed: (error: unknown) => void
}

/** What may wait for a leader, in commands and in their bytes. */
const maxWaiting = { requests: 65_536, bytes: 32 * 1024 * 1024 }

interface Waiting<Result> extends Proposal<Result> {
  readonly expiresAtMs: number
}

interface Proposed<Result> extends Waiting<Result> {
  /** Of the leader that it was given to. */
  readonly term: Term
}

interface WaitingRead {
  readonly ended: Read
  readonly expiresAtMs: number
}

/**
 * A state machine behind a replicated log: proposes commands, applies what is committed, in order, and tells each proposer what came of
 * it; holds reads until the state is current enough.
 *
 * A request that finds no leader, or whose leader was lost before it was in any log, waits for the next leader: that it has had no effect is
 * certain, so trying again repeats nothing.
 */
export class ReplicatedState<Result> implements Protocol<never> {
  readonly log: ReplicatedLog<unknown>
  readonly machine: StateMachine<Result>
  readonly #env: Environment<never, ElectionIndication>
  readonly #fail: (error: unknown) => void
  readonly #requestTimeoutMs: number
  readonly #retryMs: number
  readonly #proposed = new Map<number, Proposed<Result>>()
  /** In no log: they wait for a leader. */
  #waiting: Waiting<Result>[] = []
  #waitingBytes = 0
  /** Reads by the number of the barrier that they wait for. */
  readonly #barriers = new Map<number, readonly WaitingRead[]>()
  #waitingReads: WaitingRead[] = []
  /** Their barriers lie ahead of what is applied here. */
  #aheadReads: { readonly index: number; readonly reads: readonly WaitingRead[] }[] = []
  /** Of the entries that were applied last, from index `firstResult` on. */
  #results: (Result | undefined)[] = []
  #firstResult = 0
  #appliedIndex: number
  #failed = false
  #retriesSoon = false

  constructor(env: Environment<never, ElectionIndication>, options: ReplicatedStateOptions<Result>) {
    const { log, machine, election, members, maxDelayMs, requestTimeoutMs, failed } = options
    this.#env = env
    this.#requestTimeoutMs = requestTimeoutMs
    this.#retryMs = maxDelayMs
    this.machine = machine
    this.#fail = failed
    this.#appliedIndex = machine.appliedIndex
    this.log = env.scope('log', {
      codec: log.codec,
      create: (own: Environment<unknown, ReplicatedLogIndication>) =>
        log.create(own, { members, maxDelayMs, election, appliedIndex: machine.appliedIndex }),
      listen: (indication) => this.#indicated(indication),
    })
  }

  /** Index of the last entry that is applied, with those that carry no command. */
  get appliedIndex(): number {
    return this.#appliedIndex
  }

  start(): void {}

  receive(): void {}

  /** Proposes together what has gathered. */
  propose(proposals: readonly Proposal<Result>[]): void {
    const expiresAtMs = this.#env.clock.now() + this.#requestTimeoutMs
    this.#submit(proposals.map(({ command, ended }) => ({ command, ended, expiresAtMs })))
  }

  /** One barrier for all of `reads`. */
  read(reads: readonly Read[]): void {
    const expiresAtMs = this.#env.clock.now() + this.#requestTimeoutMs
    this.#ask(reads.map((ended) => ({ ended, expiresAtMs })))
  }

  timeout(): void {
    this.#retriesSoon = false
    this.#expire(this.#env.clock.now())
    this.#retry()
    this.#watch()
  }

  /** Whoever still waits is told; nothing is taken any more. */
  stop(): void {
    this.#abandon()
  }

  inspect(): Inspection {
    return {
      appliedIndex: this.#appliedIndex,
      proposed: this.#proposed.size,
      waiting: this.#waiting.length,
      waitingReads: this.#waitingReads.length,
    }
  }

  #submit(proposals: readonly Waiting<Result>[]): void {
    if (proposals.length === 0) return
    const { term } = this.log
    const first = this.log.propose(proposals.map(({ command }) => command))
    for (let place = 0; place < proposals.length; place++) {
      this.#proposed.set(first + place, { ...(proposals[place] as Waiting<Result>), term })
    }
  }

  #ask(reads: readonly WaitingRead[]): void {
    if (reads.length > 0) this.#barriers.set(this.log.readBarrier(), reads)
  }

  #indicated(indication: ReplicatedLogIndication): void {
    switch (indication.type) {
      case 'leader-changed':
        this.#env.indicate(indication)
        if (indication.leader !== undefined) this.#retry()
        return
      case 'committed':
        this.#apply(indication.entries)
        return
      case 'proposal-ended':
        this.#ended(indication.proposal, indication.outcome)
        return
      case 'barrier-ended':
        this.#barrierEnded(indication.barrier, indication.index)
    }
  }

  #apply(entries: readonly LogEntry[]): void {
    if (this.#failed || entries.length === 0) return
    this.#firstResult = (entries[0] as LogEntry).index
    this.#results = []
    try {
      let commands: Uint8Array[] = []
      const flush = (): void => {
        if (commands.length === 0) return
        const firstIndex = this.#firstResult + this.#results.length
        const results = this.machine.apply(firstIndex, commands)
        if (results.length !== commands.length) throw miscounted(results.length, commands.length, firstIndex)
        for (const result of results) this.#results.push(result)
        commands = []
      }
      for (const { command } of entries) {
        if (command !== undefined) {
          commands.push(command)
          continue
        }
        flush()
        this.#results.push(undefined)
      }
      flush()
    } catch (error) {
      this.#failed = true
      this.#abandon()
      this.#fail(error)
      return
    }
    this.#appliedIndex = this.#firstResult + this.#results.length - 1
    this.#releaseReads()
  }

  #ended(number: number, outcome: ProposalOutcome): void {
    const proposal = this.#proposed.get(number)
    if (proposal === undefined) return
    this.#proposed.delete(number)
    if (outcome.outcome === 'committed') {
      const result = this.#results[outcome.index - this.#firstResult] as Result
      proposal.ended({ outcome: 'committed', index: outcome.index, result })
    } else if (outcome.outcome === 'rejected' && (outcome.reason === 'no-leader' || outcome.reason === 'superseded')) {
      this.#wait(proposal)
    } else {
      proposal.ended(outcome)
    }
  }

  /** What one leader did not take is given to the next, with whatever else it did not take: soon, if there is one already. */
  #wait(proposal: Proposed<Result>): void {
    const bytes = this.#waitingBytes + proposal.command.length
    if (this.#waiting.length >= maxWaiting.requests || bytes > maxWaiting.bytes) {
      proposal.ended({ outcome: 'rejected', reason: 'overloaded' })
      return
    }
    this.#waiting.push(proposal)
    this.#waitingBytes = bytes
    if (this.log.leader !== undefined && compareTerms(this.log.term, proposal.term) > 0) this.#retrySoon()
    else this.#watch()
  }

  #retrySoon(): void {
    if (this.#retriesSoon) return
    this.#retriesSoon = true
    this.#env.timer('retry', 0)
  }

  #barrierEnded(barrier: number, index: number | undefined): void {
    const reads = this.#barriers.get(barrier)
    if (reads === undefined) return
    this.#barriers.delete(barrier)
    if (index === undefined) {
      const room = Math.max(0, maxWaiting.requests - this.#waitingReads.length)
      this.#waitingReads.push(...reads.slice(0, room))
      for (const { ended } of reads.slice(room)) ended('no-leader')
      this.#watch()
    } else if (index <= this.#appliedIndex) {
      for (const { ended } of reads) ended('ready')
    } else {
      this.#aheadReads.push({ index, reads })
      this.#watch()
    }
  }

  #releaseReads(): void {
    if (this.#aheadReads.length === 0) return
    const ready = this.#aheadReads.filter(({ index }) => index <= this.#appliedIndex)
    this.#aheadReads = this.#aheadReads.filter(({ index }) => index > this.#appliedIndex)
    for (const { reads } of ready) for (const { ended } of reads) ended('ready')
  }

  /** Gives what waits to the leader, if one is known. */
  #retry(): void {
    if (this.log.leader === undefined) return
    const proposals = this.#waiting
    const reads = this.#waitingReads
    this.#waiting = []
    this.#waitingBytes = 0
    this.#waitingReads = []
    this.#submit(proposals)
    this.#ask(reads)
  }

  #expire(nowMs: number): void {
    const late = this.#waiting.filter(({ expiresAtMs }) => expiresAtMs <= nowMs)
    this.#waiting = this.#waiting.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    for (const { command, ended } of late) {
      this.#waitingBytes -= command.length
      ended({ outcome: 'rejected', reason: 'no-leader' })
    }
    const lateReads = this.#waitingReads.filter(({ expiresAtMs }) => expiresAtMs <= nowMs)
    this.#waitingReads = this.#waitingReads.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    for (const { ended } of lateReads) ended('no-leader')
    const expired = ({ reads }: { readonly reads: readonly WaitingRead[] }): boolean =>
      reads.every(({ expiresAtMs }) => expiresAtMs <= nowMs)
    const lateAhead = this.#aheadReads.filter(expired)
    this.#aheadReads = this.#aheadReads.filter((each) => !expired(each))
    for (const { reads } of lateAhead) for (const { ended } of reads) ended('timed-out')
  }

  /** Looks again after a while, as long as something waits. */
  #watch(): void {
    if (this.#retriesSoon) return
    if (this.#waiting.length + this.#waitingReads.length + this.#aheadReads.length > 0)
      this.#env.timer('retry', this.#retryMs)
  }

  #abandon(): void {
    for (const { ended } of this.#waiting) ended({ outcome: 'rejected', reason: 'no-leader' })
    for (const { ended } of this.#proposed.values()) ended({ outcome: 'unknown', reason: 'stopped' })
    const reads = [...this.#waitingReads, ...this.#aheadReads.flatMap((each) => each.reads)]
    for (const each of this.#barriers.values()) reads.push(...each)
    for (const { ended } of reads) ended('stopped')
    this.#waiting = []
    this.#waitingBytes = 0
    this.#proposed.clear()
    this.#barriers.clear()
    this.#waitingReads = []
    this.#aheadReads = []
  }
}

function miscounted(results: number, commands: number, firstIndex: number): QuorateError {
  return new QuorateError(
    'QUORATE_STATE_MACHINE_FAILED',
    `the state machine returned ${results} results for the ${commands} commands from index ${firstIndex} on; it must return one for each`,
    { results, commands, firstIndex },
  )
}

/** The state itself sends nothing: its log does. */
export const noMessages = messageCodec({})
