import type { FaultKind } from '@quorate/core'
import type { Violation } from '@quorate/simulation'

/** How a run of a simulation differs from one under everything that the algorithm declares. */
export interface Conditions {
  readonly nodes: number
  readonly faults?: readonly FaultKind[]
  readonly chaosMs?: number
  readonly maxFaulty?: number
}

/** Which simulation is run, as data. */
export type Attack =
  /** The replicated log on an election that carries one and on write-ahead logs. */
  | ({
      readonly run: 'log'
      /** Default: Raft's. */
      readonly election?: 'raft' | 'timestamp'
      /** So many bits flip on the disk of one node, while others are cut off and brought level again, and nothing else happens. */
      readonly rots?: number
      /** One node goes deaf for good, about when it stands or leads, while another crashes, and nothing else happens. */
      readonly deafens?: boolean
    } & Conditions)
  | ({ readonly run: 'election'; readonly algorithm: 'raft' | 'bully' | 'timestamp' } & Conditions)
  /** A leader or a follower of Raft's election is cut off and comes back, while all else is well. */
  | { readonly run: 'cut-off'; readonly nodes: number }
  /** Two nodes stand in one term of Raft's election, and the others crash when they vote. */
  | { readonly run: 'duel'; readonly nodes: number }
  /** Of three replicas of an entry one is cut off, and one crashes before its disk has it. */
  | { readonly run: 'last-copy' }
  /** A follower crashes while its proposals are refused, and proposes again. */
  | { readonly run: 'rebirth' }
  /** Leadership is handed to a member that lags. */
  | { readonly run: 'hand-over'; readonly nodes: number }
  | ({
      readonly run: 'vote'
      readonly algorithm: 'flood-min' | 'threshold'
      /** So many nodes crash in one broadcast after the other, and nothing else happens. */
      readonly cascade?: number
    } & Conditions)
  | ({ readonly run: 'detector'; readonly algorithm: 'timeout' | 'phi-accrual' } & Conditions)
  /** So many states of a small world of the replicated log: whatever may happen in it, in whatever order. The seed decides nothing. */
  | { readonly run: 'explore'; readonly maxStates: number }
  /** Clients of the replicated key-value store, as nodes compose it. */
  | ({ readonly run: 'store' } & Conditions)

/** What a run found. */
export type Violations = readonly Violation[]
