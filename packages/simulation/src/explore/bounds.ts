/** What bounds a search. */
export interface Bounds {
  readonly timersPerNode: number
  readonly timersInAll: number
  readonly crashes: number
  /** How many writes of a node may wait to become durable while other things happen to it; 0: they are durable at once, or lost. */
  readonly maxPendingWrites: number
  /** Whether a timer that runs out moves its node's clock to when it was due. */
  readonly time: boolean
  readonly maxStates: number
  /** Whether what need not be told apart is not. */
  readonly reduction: boolean
  /** Whether nodes are alike, but for their names. */
  readonly symmetric: boolean
  readonly stopAtViolation: boolean
}

export interface Counts {
  /** States that were gone on from. */
  readonly states: number
  /** Different states of the nodes and of what the checks remember. */
  readonly nodeStates: number
  /** Events, run or looked up, that changed something. */
  readonly transitions: number
  /** Ways that were gone to their end: to where nothing more changes anything, or where another way had come before. */
  readonly schedules: number
  /** States in which nothing more can change anything. */
  readonly restStates: number
}
