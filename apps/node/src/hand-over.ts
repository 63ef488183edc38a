import { leaderChange } from './leader-change.js'
import type { NodeHandle, NodeLogger } from './node-handle.js'

interface HandOverOptions {
  /** How long another member has to take over, each time that this one resigns. */
  readonly waitMs: number
  /** Whether there is nobody to take over. */
  readonly alone: () => boolean
  readonly logger: NodeLogger
}

/**
 * Lets go of `node`'s leadership, and waits, at most until `deadlineMs`, for another member to have it, so that nobody who asks here
 * goes without in between.
 */
export async function handOver(node: NodeHandle, deadlineMs: number, options: HandOverOptions): Promise<void> {
  const { name, election } = node
  if (election.leader !== name) return
  // Whom a replicated log chose to take over may not do so: asked again, it lets the others elect one.
  for (let times = 0; times < 2; times++) {
    try {
      election.resign()
    } catch (error) {
      options.logger.error({ error: String(error) }, 'the election threw when it was to resign')
      return
    }
    if (options.alone()) return
    const waitMs = Math.min(options.waitMs, deadlineMs - performance.now())
    if (
      await leaderChange(
        (listener) => node.onEvent(listener),
        (leader) => leader !== name,
        waitMs,
      )
    )
      return
  }
}
