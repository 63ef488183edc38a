import type { Incarnation, NodeId, Term } from '@quorate/core'
import type { QuorumSystem } from '@quorate/voting'
import { encodeBeginning, encodeCommand } from './entry.js'
import { replicationLimits } from './limits.js'
import type { Log } from './log.js'
import { sameTerm, type Conflict, type Proposal, type ReplicationMessage } from './message.js'
import { Progress } from './progress.js'
import { ReadBarriers, type BarrierOrigin } from './read-barriers.js'
import { Remembered } from './remembered.js'

/** What a leader asks of the node that it runs in. */
export interface LeaderContext {
  readonly self: NodeId
  readonly members: readonly NodeId[]
  readonly quorum: QuorumSystem
  readonly log: Log
  /** The node's own idea of what is committed; a leader raises it. */
  commitIndex(): number
  /** Waits for nothing: see where it is called why that is safe. */
  sendAtOnce(to: NodeId, message: ReplicationMessage): void
  committed(index: number): void
  barrierEnded(origin: BarrierOrigin, index: number | undefined): void
  caughtUp(member: NodeId): void
}

/**
 * One term of one leader: it appends what is proposed, brings every follower's log level with its own, and commits what a quorum
 * holds durably.
 *
 * D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014, 5.3, 5.4.
 */
export class Leadership {
  readonly term: Term
  readonly #context: LeaderContext
  readonly #followers = new Map<NodeId, Progress>()
  readonly #barriers: ReadBarriers
  readonly #forwards = new Map<NodeId, { readonly incarnation: number; readonly seen: Remembered }>()
  /** Durable positions, of this node as well: what quorums are counted over. */
  readonly #matched = new Map<NodeId, number>()
  /** Index of the entry that begins the term: nothing of earlier terms is committed before it is. */
  readonly #beginning: number
  /** Sizes of what was appended at a time and is not all committed, oldest first. */
  #uncommitted: { readonly lastIndex: number; readonly bytes: number }[] = []
  #uncommittedBytes = 0

  constructor(context: LeaderContext, term: Term) {
    this.#context = context
    this.term = term
    this.#barriers = new ReadBarriers(context.self, context.quorum)
    const { log, members, self } = context
    for (const id of members) if (id !== self) this.#followers.set(id, new Progress(log.lastIndex + 1))
    this.#beginning = log.lastIndex + 1
    const beginning = encodeBeginning(term)
    this.#append([beginning], beginning.length)
  }

  /** Sends the followers what they lack. Called after every change, so that one message carries what a step has added. */
  replicate(): void {
    for (const [id, progress] of this.#followers) {
      // A follower that lacks what was compacted is left to the heartbeat: there is nothing to send it.
      while (progress.open && this.#context.log.has(progress.nextIndex)) this.#sendAppend(id, progress)
    }
  }

  /** Appends a node's proposals, as many as the bound on what is not committed lets in. Returns the others. */
  propose(from: Incarnation, proposals: readonly Proposal[]): readonly Proposal[] {
    const records: Uint8Array[] = []
    let bytes = 0
    for (const { sequence, command } of proposals) {
      const origin = { proposer: from.id, incarnation: from.incarnation, sequence }
      const record = encodeCommand(this.term, origin, command)
      if (this.#uncommittedBytes + bytes + record.length > replicationLimits.maxUncommittedBytes) break
      bytes += record.length
      records.push(record)
    }
    this.#append(records, bytes)
    return proposals.slice(records.length)
  }

  /**
   * Whether a follower's proposal has not come before: only then can it be refused, since it may have been appended otherwise.
   * From then on it has.
   */
  firstForwarded(from: Incarnation, sequence: number): boolean {
    let forwards = this.#forwards.get(from.id)
    if (forwards === undefined || forwards.incarnation < from.incarnation) {
      forwards = { incarnation: from.incarnation, seen: new Remembered(replicationLimits.maxRememberedForwards) }
      this.#forwards.set(from.id, forwards)
    }
    return forwards.incarnation === from.incarnation && forwards.seen.add(sequence)
  }

  /** The follower has everything up to `matchIndex`, durably. */
  appended(from: NodeId, matchIndex: number): void {
    const progress = this.#followers.get(from)
    if (progress === undefined) return
    progress.acknowledged(matchIndex)
    this.#count(from, progress.matchIndex)
    this.#tellCommit(from, progress)
    if (progress.matchIndex === this.#context.log.lastIndex) this.#context.caughtUp(from)
  }

  /** The follower's log does not equal this one's at `previousIndex`: skips whole terms instead of single entries. */
  conflict(from: NodeId, { previousIndex, conflictIndex, conflictTerm }: Conflict): void {
    const { log } = this.#context
    const common = conflictTerm.number === 0 ? 0 : log.lastOfTerm(conflictTerm, Math.max(0, previousIndex - 1))
    this.#followers.get(from)?.conflicted(previousIndex, common > 0 ? common + 1 : conflictIndex)
  }

  /** This node's own log has become durable further. */
  synced(): void {
    this.#count(this.#context.self, this.#context.log.durableIndex)
  }

  /** Returns whether it was taken: too many may wait. */
  barrier(origin: BarrierOrigin): boolean {
    if (!this.#barriers.add(origin)) return false
    this.#advanceBarriers()
    return true
  }

  expireBarriers(nowMs: number): void {
    for (const origin of this.#barriers.expire(nowMs)) this.#context.barrierEnded(origin, undefined)
  }

  confirmed(from: NodeId, round: number): void {
    this.#barriers.confirm(from, round)
    this.#advanceBarriers()
  }

  /** A connection to a follower is new: what was sent over the old one may be lost. */
  reconnected(peer: NodeId): void {
    const progress = this.#followers.get(peer)
    if (progress === undefined) return
    progress.probe()
    this.#sendAppend(peer, progress)
  }

  /**
   * Repeats what may have been lost. An append without records, built upon the last that was sent, finds out whether the follower
   * has it, and tells how far the log is committed.
   */
  heartbeat(): void {
    for (const [id, progress] of this.#followers) {
      if (progress.probing) progress.probe(progress.nextIndex)
      this.#sendAppend(id, progress, progress.probing ? undefined : 0)
    }
    if (this.#barriers.round !== undefined) this.#sendConfirm(this.#barriers.round)
  }

  isLevel(member: NodeId): boolean {
    return this.#followers.get(member)?.matchIndex === this.#context.log.lastIndex
  }

  /** The members whose logs have come furthest, furthest first. */
  mostLevel(): readonly NodeId[] {
    return [...this.#followers].sort((a, b) => b[1].matchIndex - a[1].matchIndex).map(([id]) => id)
  }

  /** The term is over for this leader. */
  end(): void {
    for (const origin of this.#barriers.abandon()) this.#context.barrierEnded(origin, undefined)
  }

  inspect() {
    return {
      term: { ...this.term },
      beginning: this.#beginning,
      matched: Object.fromEntries(this.#matched),
      uncommitted: this.#uncommitted.map((each) => ({ ...each })),
      barriers: this.#barriers.inspect(),
      forwards: this.inspectForwards(),
      followers: Object.fromEntries([...this.#followers].map(([id, progress]) => [id, progress.inspect()])),
    }
  }

  /** What it knows of forwarded proposals, also once it has ended. */
  inspectForwards() {
    const forwards = [...this.#forwards].map(
      ([id, { incarnation, seen }]) => [id, { incarnation, ...seen.inspect() }] as const,
    )
    return { term: { ...this.term }, from: Object.fromEntries(forwards) }
  }

  #append(records: readonly Uint8Array[], bytes: number): void {
    if (records.length === 0) return
    const { log } = this.#context
    log.append(records, () => this.term)
    this.#uncommitted.push({ lastIndex: log.lastIndex, bytes })
    this.#uncommittedBytes += bytes
  }

  #sendAppend(to: NodeId, progress: Progress, maxBytes: number = replicationLimits.maxAppendBytes): void {
    const { log } = this.#context
    const commitIndex = this.#context.commitIndex()
    // A follower that lacks what was compacted here needs a snapshot: it is told where the log begins, and stays behind.
    const previousIndex = Math.max(progress.nextIndex, log.firstIndex) - 1
    const behind = progress.nextIndex < log.firstIndex
    const records = maxBytes === 0 || behind ? [] : log.records(progress.nextIndex, log.lastIndex, maxBytes)
    // Before the leader's own disk has it: safe, since a leader counts itself only for what is durable here.
    this.#context.sendAtOnce(to, {
      type: 'append',
      term: this.term,
      previousIndex,
      previousTerm: log.termAt(previousIndex),
      records,
      commitIndex,
    })
    progress.toldCommitIndex = Math.min(commitIndex, previousIndex + records.length)
    if (records.length === 0) return
    let bytes = 0
    for (const record of records) bytes += record.length
    progress.sent(previousIndex + records.length, bytes)
  }

  #count(member: NodeId, matchIndex: number): void {
    this.#matched.set(member, matchIndex)
    const { quorum, log } = this.#context
    const index = Math.min(quorum.committedIndex(this.#matched), log.lastIndex)
    // Only entries of its own term are committed by counting, and all before them with them: an older one that a quorum holds
    // may still be overwritten by a leader of a term in between.
    if (index <= this.#context.commitIndex() || !sameTerm(log.termAt(index), this.term)) return
    this.#forgetCommitted(index)
    this.#context.committed(index)
    for (const [id, progress] of this.#followers) this.#tellCommit(id, progress)
    this.#advanceBarriers()
  }

  /**
   * Tells a follower how far the log is committed, so that it applies it. While appends to it are under way it waits: the next one tells,
   * or the answer to the last is the occasion.
   */
  #tellCommit(to: NodeId, progress: Progress): void {
    // What it has acknowledged to this leader it cannot have lost or changed since without following another, and it then listens no more.
    const commitIndex = Math.min(this.#context.commitIndex(), progress.matchIndex)
    if (progress.inflightAppends > 0 || commitIndex <= progress.toldCommitIndex) return
    progress.toldCommitIndex = commitIndex
    this.#context.sendAtOnce(to, { type: 'commit', term: this.term, commitIndex })
  }

  #forgetCommitted(index: number): void {
    let count = 0
    for (const each of this.#uncommitted) {
      if (each.lastIndex > index) break
      this.#uncommittedBytes -= each.bytes
      count++
    }
    this.#uncommitted.splice(0, count)
  }

  #advanceBarriers(): void {
    const commitIndex = this.#context.commitIndex()
    // Until an entry of its own term is committed, a leader does not know how far its predecessors had committed.
    if (commitIndex < this.#beginning) return
    for (;;) {
      const answered = this.#barriers.answered()
      for (const origin of answered?.origins ?? []) this.#context.barrierEnded(origin, answered?.index)
      if (!this.#barriers.begin(commitIndex)) return
      this.#sendConfirm(this.#barriers.round as number)
    }
  }

  #sendConfirm(round: number): void {
    // It asks, and asserts nothing that a crash could belie.
    for (const id of this.#followers.keys()) this.#context.sendAtOnce(id, { type: 'confirm', term: this.term, round })
  }
}
