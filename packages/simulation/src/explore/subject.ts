import type {
  Abstraction,
  ChildDefinition,
  Codec,
  Incarnation,
  Inspectable,
  Invariant,
  NodeId,
  Protocol,
} from '@quorate/core'

/** What is explored: a protocol on every node, what is asked of it, and what must hold. */
export interface Subject<Root extends Protocol<unknown> = Protocol<unknown>, View extends Inspectable = Inspectable> {
  readonly ids: readonly NodeId[]
  protocol(id: NodeId): ChildDefinition<unknown, unknown, Root>
  /** A request with which each life of a node begins. */
  started?(id: NodeId, root: Root): void
  readonly requests: readonly RequestKind<Root, View>[]
  /** What of a node's state the checks look at, as plain data. */
  view(root: Root): View
  /** Conditions on the states of all nodes' protocols at a path. */
  readonly invariants: readonly { readonly path: string; readonly check: Invariant }[]
  /** By path: what of the states and messages of a protocol need not be told apart. */
  readonly abstractions: ReadonlyMap<string, AbstractionOf>
  /** What two nodes' views must not show at the same time. */
  compare?(one: NodeId, a: View, other: NodeId, b: View): Finding | undefined
  readonly monitor: Monitor<View>
  /** The guarantees that `compare` and `monitor` check, by their names. */
  readonly checked: readonly string[]
}

export interface AbstractionOf {
  readonly codec: Codec<unknown>
  readonly abstraction: Abstraction<unknown>
}

/** The abstractions of such definitions as have one, by the paths at which they run. */
export function abstractionsOf(
  definitions: Readonly<
    Record<string, { readonly codec: Codec<unknown>; readonly abstraction?: Abstraction<unknown> }>
  >,
): ReadonlyMap<string, AbstractionOf> {
  return new Map(
    Object.entries(definitions).flatMap(([path, { codec, abstraction }]) =>
      abstraction === undefined ? [] : [[path, { codec, abstraction }] as const],
    ),
  )
}

/** A kind of request that may come at any time to any node, so many times in all. */
export interface RequestKind<Root, View> {
  readonly name: string
  readonly budget: number
  /** Whether it is worth asking: what is refused at once changes nothing. */
  sensible(view: View): boolean
  /** `number` counts the requests of this kind, from 1. */
  make(root: Root, number: number): void
}

/** A guarantee that does not hold. */
export interface Finding {
  readonly property: string
  readonly what: string
}

/** What one step of a node showed: what its outermost protocol indicated, and its view after it. */
export interface Seen<View> {
  /** Whether a new life began with it. */
  readonly restarted: boolean
  readonly indications: readonly unknown[]
  readonly view: View
}

/**
 * Checks that look back: what they remember is part of the explored state, as plain data. The less they remember, and the less it depends
 * on the order of what nodes do independently, the fewer states there are.
 */
export interface Monitor<View> {
  readonly initial: Inspectable
  /** Returns what is remembered after `node` did `seen` in the view `before`; tells `report` what was violated. */
  next(
    memory: Inspectable,
    node: NodeId,
    before: View | undefined,
    seen: Seen<View>,
    report: (property: string, what: string) => void,
  ): Inspectable
}

/** A message on its way. */
export interface Message {
  /** Equal messages have the same. */
  readonly id: number
  readonly from: Incarnation
  /** Place of the receiver; -1: it takes no part. */
  readonly to: number
  readonly channel: string
  readonly payload: Uint8Array
}

/** What happens to one node. */
export type LocalEvent =
  | { readonly type: 'deliver'; readonly message: Message }
  | { readonly type: 'timer'; readonly path: string; readonly name: string }
  /** The oldest write becomes durable. */
  | { readonly type: 'durable' }
  /** The process ends and begins again; of what was not durable the oldest `survivors` writes are found. */
  | { readonly type: 'crash'; readonly survivors: number }
  | { readonly type: 'request'; readonly kind: number; readonly number: number }
