import type { NodeId } from '@quorate/core'
import type { Misconduct } from './byzantine.js'
import type { LinkConditions } from './network.js'
import type { PartitionShape } from './partition-shapes.js'

/** One thing that is done to a run, as data. */
export type FaultAction =
  /**
   * The process stops. With `afterSends` it does so once it has sent so many more messages, in the midst of the step that sends the
   * next: those go out, the rest of that step never happened. With `finishes` that step is finished first: all its messages go
   * out, and what it wrote is handed over but not durable, so that it is lost. `survivors`: how many batches of writes that were
   * not durable are found again all the same. On a disk, `torn`: what does not survive is found in part; `cached`: only the process
   * dies, and what the operating system was given is found again, and can still be lost. `restartAfterMs`: it starts again so long
   * after the crash has struck. `forGood`: it does not start again by itself, nor when faults cease.
   */
  | {
      readonly type: 'crash'
      readonly node: NodeId
      readonly afterSends?: number
      readonly finishes?: boolean
      readonly survivors?: number
      readonly torn?: boolean
      readonly cached?: boolean
      readonly restartAfterMs?: number
      readonly forGood?: boolean
    }
  /** A process that is down starts again; one that was to crash but did not come to it is spared. */
  | { readonly type: 'restart'; readonly node: NodeId }
  /** The process stands still, while messages to it pile up, until it is resumed. `forGood`: also when faults cease. */
  | { readonly type: 'pause'; readonly node: NodeId; readonly forGood?: boolean }
  | { readonly type: 'resume'; readonly node: NodeId }
  /**
   * Each step of the process takes from the shortest to the longest of these times, in milliseconds, and what happens to it meanwhile waits;
   * left out: its steps take no time again.
   */
  | { readonly type: 'slow'; readonly node: NodeId; readonly stepMs?: readonly [min: number, max: number] }
  /** The next write of the node fails instead of becoming durable: its protocols are told, and the process stops. */
  | { readonly type: 'fail-sync'; readonly node: NodeId; readonly restartAfterMs?: number }
  /** A crash or failed write that has not struck yet will not. */
  | { readonly type: 'spare'; readonly node: NodeId }
  /**
   * Messages from any of `from` to any of `to` vanish from now on; those that are under way arrive. `shape`: which partition it is a part
   * of, for the reader. `forGood`: it stays when faults cease, and who is left behind by it is that node.
   */
  | {
      readonly type: 'cut'
      readonly from: readonly NodeId[]
      readonly to: readonly NodeId[]
      readonly shape?: PartitionShape
      readonly forGood?: NodeId
    }
  /** Takes one such cut back: a link that another cut strikes, too, stays cut. */
  | { readonly type: 'mend'; readonly from: readonly NodeId[]; readonly to: readonly NodeId[] }
  /** All links work again. */
  | { readonly type: 'heal' }
  | { readonly type: 'links'; readonly conditions: Partial<LinkConditions> }
  /** The process fails to send, and to receive, messages with these probabilities; one that is left out is 0. */
  | { readonly type: 'omit'; readonly node: NodeId; readonly sends?: number; readonly receives?: number }
  /** The shortest and longest time that the node's writes take from now on, in milliseconds; left out: the usual. */
  | { readonly type: 'disk'; readonly node: NodeId; readonly syncMs?: readonly [min: number, max: number] }
  /** Whether the node's disk is full: what needs space fails then, and the process stops. */
  | { readonly type: 'full-disk'; readonly node: NodeId; readonly full: boolean }
  /** A bit flips on the node's disk, of what was durable before its newest write. Nobody finds out before it is read. */
  | { readonly type: 'bit-rot'; readonly node: NodeId }
  /** Whether the node's disk lies: what it reports durable then is forgotten by a crash, unless a write is truly made durable before it. */
  | { readonly type: 'lying-disk'; readonly node: NodeId; readonly lies: boolean }
  /** The node is Byzantine from now on, and so is judged in nothing that it does or says in the whole run. */
  | ({ readonly type: 'byzantine'; readonly node: NodeId } & Misconduct)
  /** How wrong the node's wall clock is from now on, and how much faster than true time its monotonic clock runs. */
  | { readonly type: 'clock'; readonly node: NodeId; readonly wallErrorMs?: number; readonly ratePpm?: number }

export interface ScheduledFault {
  /** Virtual milliseconds since the run began. */
  readonly atMs: number
  readonly action: FaultAction
}
