import {
  compareIds,
  messageCodec,
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
} from '@quorate/core'
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
}

/** What a member tells whoever runs it. */
export type MemberIndication = FailureDetectorIndication | ElectionIndication | VoteIndication

const noMessages = messageCodec({})

/**
 * One member of a cluster: a failure detector, an election that listens to it, and votes. This is the only place where the three
 * meet.
 */
export class Member implements Protocol<never> {
  readonly detector: FailureDetector<unknown>
  readonly election: Election<unknown>
  readonly votes: Votes
  readonly #env: Environment<never, MemberIndication>

  constructor(env: Environment<never, MemberIndication>, options: MemberOptions) {
    this.#env = env
    const { members, heartbeatIntervalMs, detectionTimeMs, maxDelayMs, failureDetector, election } = options
    this.detector = env.scope('detector', {
      codec: failureDetector.codec,
      create: (own: Environment<unknown, FailureDetectorIndication>) =>
        failureDetector.create(own, { members, heartbeatIntervalMs, detectionTimeMs }),
      listen: (indication) => this.#detected(indication),
    })
    this.election = env.scope('election', {
      codec: election.codec,
      create: (own: Environment<unknown, ElectionIndication>) => election.create(own, { members, maxDelayMs }),
      listen: (indication) => env.indicate(indication),
    })
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
