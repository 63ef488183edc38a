import {
  compareIds,
  type AgreementDefinition,
  type ChildDefinition,
  type Election,
  type ElectionDefinition,
  type ElectionIndication,
  type Environment,
  type FailureDetector,
  type FailureDetectorDefinition,
  type FailureDetectorIndication,
  type Inspection,
  type NodeId,
  type Protocol,
  type ReplicatedLog,
  type ReplicatedLogDefinition,
  type StateMachine,
} from '@quorate/core'
import { Attributes, attributesCodec } from './attributes.js'
import { noMessages, ReplicatedState } from './replicated-state.js'
import { votes, type VoteIndication, type Votes } from './votes.js'

/** The algorithms and bounds that a member is made of: the same for a real node and a simulated one. */
export interface MemberOptions {
  readonly members: readonly NodeId[]
  readonly heartbeatIntervalMs: number
  /** The bound on the time in which a silent peer is suspected, in milliseconds. */
  readonly detectionTimeMs: number
  /** The longest time that a message is assumed to take, handling included, in milliseconds. */
  readonly maxDelayMs: number
  readonly failureDetector: FailureDetectorDefinition<unknown>
  readonly election: ElectionDefinition<unknown>
  readonly agreement: AgreementDefinition<unknown>
  /** How many nodes votes must survive. Default: a minority, or less if the agreement cannot survive so many. */
  readonly maxFaulty?: number
  /** This node's value in a vote. Default: a random integer from 1 to 100. */
  readonly voteValue?: (vote: string) => number
  /** What the members replicate; `election` must carry a log then. Default: nothing, they only elect and vote. */
  readonly replicated?: Replicated
}

export interface Replicated {
  readonly log: ReplicatedLogDefinition<unknown>
  readonly machine: StateMachine
  /** How long a request may wait for a leader, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Where this member's clients find it: the other members tell theirs. */
  readonly clientUrls: readonly string[]
  /** The state machine threw: nothing is applied any more, and the node must stop. */
  readonly failed: (error: unknown) => void
  /** This member's folder is new although `witness` knew it before: it has forgotten what it promised, and must stop. */
  readonly forgotten: (witness: NodeId) => void
}

/** What there is of a leadership, whether an election stands on its own or carries a log. */
export type Leading = Pick<
  Election<unknown> & ReplicatedLog<unknown>,
  'leader' | 'term' | 'stand' | 'resign' | 'suspect' | 'restore'
>

/** What a member tells whoever runs it. */
export type MemberIndication = FailureDetectorIndication | ElectionIndication | VoteIndication

/**
 * One member of a cluster: a failure detector, an election that listens to it, on its own or with the replicated log that it carries, and
 * votes. This is the only place where they meet.
 */
export class Member implements Protocol<never> {
  readonly detector: FailureDetector<unknown>
  readonly election: Leading
  readonly votes: Votes
  /** What is replicated, if anything is. */
  readonly state: ReplicatedState<unknown> | undefined
  readonly attributes: Attributes | undefined
  readonly #env: Environment<never, MemberIndication>

  constructor(env: Environment<never, MemberIndication>, options: MemberOptions) {
    this.#env = env
    const { members, heartbeatIntervalMs, detectionTimeMs, failureDetector, replicated } = options
    this.detector = env.scope('detector', {
      codec: failureDetector.codec,
      create: (own: Environment<unknown, FailureDetectorIndication>) =>
        failureDetector.create(own, { members, heartbeatIntervalMs, detectionTimeMs }),
      listen: (indication) => this.#detected(indication),
    })
    // First: whoever knew a member before says so before it sends anything else.
    this.attributes = replicated && this.#announce(members, replicated)
    this.state = replicated && this.#replicate(options, replicated)
    this.election = this.state?.log ?? this.#elect(options)
    this.votes = env.scope(
      'votes',
      votes(options, (indication) => env.indicate(indication)),
    )
  }

  start(): void {}

  receive(): void {}

  timeout(): void {}

  inspect(): Inspection {
    return {}
  }

  /** How much each other member is suspected, by id. */
  suspicions(members: readonly NodeId[]): Map<NodeId, number> {
    const others = members.filter((id) => id !== this.#env.self.id).sort(compareIds)
    return new Map(others.map((id) => [id, this.detector.level(id)]))
  }

  #elect({ members, maxDelayMs, election }: MemberOptions): Election<unknown> {
    return this.#env.scope('election', {
      codec: election.codec,
      create: (own: Environment<unknown, ElectionIndication>) => election.create(own, { members, maxDelayMs }),
      listen: (indication) => this.#env.indicate(indication),
    })
  }

  #replicate({ members, maxDelayMs, election }: MemberOptions, replicated: Replicated): ReplicatedState<unknown> {
    return this.#env.scope('state', {
      codec: noMessages,
      create: (own: Environment<never, ElectionIndication>) =>
        new ReplicatedState(own, { ...replicated, election, members, maxDelayMs }),
      listen: (indication) => this.#env.indicate(indication),
    })
  }

  #announce(members: readonly NodeId[], replicated: Replicated): Attributes {
    return this.#env.scope('attributes', {
      codec: attributesCodec,
      create: (own) => new Attributes(own, { ...replicated, members }),
      listen: () => {},
    })
  }

  #detected(indication: FailureDetectorIndication): void {
    if (indication.type === 'suspect') this.election.suspect(indication.peer, indication.verdict)
    else if (indication.type === 'restore') this.election.restore(indication.peer)
    this.#env.indicate(indication)
  }
}

/** For a host: a member whose indications go to `listen`. */
export function member(
  options: MemberOptions,
  listen: (indication: MemberIndication) => void,
): ChildDefinition<unknown, unknown, Member> {
  return {
    codec: noMessages,
    create: (env: Environment<unknown, unknown>) => new Member(env as Environment<never, MemberIndication>, options),
    listen: (indication) => listen(indication as MemberIndication),
  }
}
