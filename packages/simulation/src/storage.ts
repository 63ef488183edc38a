import type { StoreBackend } from '@quorate/core'

/** What a crash leaves of what was handed over and was not durable. */
export interface Loss {
  /** How many writes are found again whole, the oldest first. */
  readonly survivors: number
  /** Whether parts of what does not survive are found all the same. Stores without a disk know no parts. */
  readonly torn: boolean
  /** Whether only the process dies: what the operating system has been given is found again, and is still not durable. */
  readonly cached: boolean
}

/** What a simulated node keeps from one life to the next. */
export interface Storage {
  /** The stores of a life that begins. Throws what they throw when they refuse what they find. */
  mount(): StoreBackend
  /** The stores as a life would find them that began now, to be looked at: nothing comes of what is written to them. */
  peek(): StoreBackend
  /** Whether the oldest write that is not durable needs space. */
  readonly grows: boolean
  /** Whether any write is not durable. */
  readonly waits: boolean
  /** The oldest write has become durable. */
  complete(): void
  /** The oldest write is reported durable and is not: a crash forgets it, unless another write is truly made durable before. */
  pretend(): void
  /** Whether there is such a write. */
  readonly pretends: boolean
  /** The oldest write will never be durable. `reason`: as the operating system names it, such as `EIO`. */
  fail(reason: string): void
  crash(loss: Loss): void
  /** Flips a bit of what has long been durable. Returns whether there was any. */
  rot(): boolean
  /** Whether that has ever happened. */
  readonly rotten: boolean
}
