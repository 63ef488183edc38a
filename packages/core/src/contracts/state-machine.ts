/**
 * What a replicated log replicates. Replicas apply the same commands in the same order and must reach the same state: no clock,
 * no randomness, no input but the commands. Commands are bytes, since they travel; a `Result` never leaves the process.
 */
export interface StateMachine<Result = unknown> {
  /** Index of the last command applied; 0 at the beginning. What is kept across restarts includes it. */
  readonly appliedIndex: number
  /** Applies commands, the first of which has `firstIndex`, and returns one result for each. */
  apply(firstIndex: number, commands: readonly Uint8Array[]): readonly Result[]
  /** A consistent image of the state, in chunks that are produced as they are asked for. */
  snapshot(): Iterable<Uint8Array>
  /** Replaces the state by an image, given chunk by chunk; `finish` makes it current. */
  restore(appliedIndex: number): SnapshotReceiver
}

export interface SnapshotReceiver {
  chunk(bytes: Uint8Array): void
  finish(): void
  abandon(): void
}

export type StateMachineProperty =
  /** Equal commands from equal states lead to equal states and results. */
  | 'determinism'
  /** A restored snapshot is the state that it was taken of. */
  | 'snapshot-fidelity'
