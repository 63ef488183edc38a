import type { KeyValue } from '../workload/etcd-messages.js'
import { changed, type Recorded } from '../workload/history.js'

/** Reads what a revision put; the same of every node whose hash is the same. */
export type PutAt = (revision: number) => Promise<readonly KeyValue[]>

export interface Evidence {
  /** The history without unknown outcomes: what took effect has its revision, what did not is left out. */
  readonly operations: readonly Recorded[]
  /** How many requests of unknown outcome took effect, and how many did not. */
  readonly tookEffect: number
  readonly without: number
  /** Revisions that no request explains, in sentences. */
  readonly unexplained: readonly string[]
}

const readsAtATime = 16

/**
 * Ends all doubt about requests that were not answered: every revision up to `lastRevision` that no answer names was made by one of them,
 * and the store's own past tells by which. That it took effect by the time of this look is all that is concluded, so a history that becomes
 * linearizable by it was; and what the past does not know, nobody may have seen, which the checker sees to.
 */
export async function resolveUnknown(
  operations: readonly Recorded[],
  lastRevision: number,
  putAt: PutAt,
  nowMs: () => number,
): Promise<Evidence> {
  const claimed = new Set(operations.filter(changed).map(({ output }) => output?.revision))
  const open = new Map(operations.filter(({ outcome }) => outcome === 'unknown').map((each) => [each.mark, each]))
  const answered = new Map(operations.filter(({ outcome }) => outcome === 'ok').map((each) => [each.mark, each]))
  const resolved: Recorded[] = []
  const unexplained: string[] = []
  // The first revision is that of an empty store.
  const revisions = Array.from({ length: Math.max(0, lastRevision - 1) }, (_, index) => index + 2)
  const gaps = revisions.filter((revision) => !claimed.has(revision)).reverse()
  const readOn = async (): Promise<void> => {
    for (let revision = gaps.pop(); revision !== undefined; revision = gaps.pop()) {
      const [put] = await putAt(revision)
      const mark = put === undefined ? undefined : lastMark(put.value)
      const operation = open.get(mark)
      if (operation === undefined) {
        unexplained.push(
          `revision ${revision} ${tell(
            put,
            answered.get(mark),
            resolved.find((each) => each.mark === mark),
          )}`,
        )
        continue
      }
      open.delete(mark)
      const succeeded = operation.input.type === 'txn' ? { succeeded: succeededBy(operation, put?.key) } : {}
      resolved.push({ ...operation, outcome: 'ok', output: { revision, ...succeeded }, returnAt: nowMs() })
    }
  }
  await Promise.all(Array.from({ length: readsAtATime }, readOn))
  return {
    operations: [...operations.filter(({ outcome }) => outcome === 'ok'), ...resolved],
    tookEffect: resolved.length,
    without: open.size,
    unexplained,
  }
}

function lastMark(value: string): string | undefined {
  return /<[^<>]*>$/.exec(value)?.[0]
}

/** Which branch of a transaction put that: what only the other one puts tells. `undefined`: both put that key. */
function succeededBy({ input }: Recorded, key: string | undefined): boolean | undefined {
  if (input.type !== 'txn') return undefined
  const [success, failure] = [input.success, input.failure].map((branch) =>
    branch.some((each) => each.type === 'put' && each.key === key),
  )
  return success === failure ? undefined : success
}

function tell(put: KeyValue | undefined, answered: Recorded | undefined, resolved: Recorded | undefined): string {
  if (put === undefined) return 'was made by no answered request, and nothing is to be seen of it'
  const what = `put ${JSON.stringify(put.value.slice(-60))} at ${put.key}`
  if (resolved !== undefined)
    return `${what}, as revision ${resolved.output?.revision} did before: it was carried out twice`
  if (answered === undefined) return `${what}, which nobody wrote`
  return `${what}, for which its writer was given revision ${answered.output?.revision}`
}
