/** What is asked of one node. */
export interface Load {
  readonly clientPort: number
  readonly operation: 'put' | 'read'
  readonly connections: number
  /** Requests under way at once, on each connection. */
  readonly inFlight: number
  readonly requests: number
}

/** How it answered. */
export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Requests that did not succeed as far as the driver can tell. */
  readonly failed: number
  /** Bytes of all answers' messages with their gRPC frames. */
  readonly dataBytes: number
}

/** Size of all values. */
export const valueBytes = 256
