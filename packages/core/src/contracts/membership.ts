import type { Incarnation, NodeId } from '../ids.js'
import type { Protocol } from '../protocol.js'

export type MembershipIndication =
  | { readonly type: 'joined'; readonly member: Incarnation; readonly tags: Readonly<Record<string, string>> }
  | { readonly type: 'suspected'; readonly member: Incarnation }
  | { readonly type: 'failed'; readonly member: Incarnation }
  | { readonly type: 'left'; readonly member: Incarnation }

/** Who is in a cluster that is too large, or too restless, to be written into every node's configuration. */
export interface Membership<Message> extends Protocol<Message> {
  readonly members: readonly Incarnation[]
  /** Joins through any members that are known already. */
  join(contacts: readonly NodeId[]): void
  leave(): void
  tag(tags: Readonly<Record<string, string>>): void
}

export type MembershipProperty =
  /** Every member that fails is reported failed by every live member. */
  | 'completeness'
  /** The load on each member does not grow with the cluster. */
  | 'bounded-load'
  /** Once changes cease, all members hold the same list. */
  | 'eventual-convergence'
