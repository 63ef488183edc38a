import type { NodeId } from '@quorate/core'
import type { ReadBack, Replica } from './read-back.js'
import type { Entry } from './store-client.js'
import type { WriteHistory } from './write-history.js'
import { writeOf, writerOf } from './writer.js'

/** How what was read back compares with what was written. */
export interface Check {
  /** Whether nothing is lost and all nodes hold the same. */
  readonly holds: boolean
  /** The revision at which everything was read. */
  readonly revision: number
  readonly acknowledged: number
  /** How many acknowledged writes some node does not return, linearizably or serializably. */
  readonly lost: number
  /** How many keys are not the same at all nodes, or hold what nobody wrote, or was carried out twice; 1 if only the hashes differ. */
  readonly diverged: number
  /** How many writes failed, and how many of them are there all the same: their outcome was unknown. */
  readonly failed: number
  readonly failedButPresent: number
  /** What is lost or differs, in sentences: the first of each kind. */
  readonly differs: readonly string[]
}

/** How many of a kind are named. */
const named = 5

/** Holds what was read back from all nodes against what was acknowledged, and the nodes against each other. */
export function check({ revision, replicas }: ReadBack, history: WriteHistory): Check {
  const lost = lostWrites(replicas, history)
  const diverged = differences(replicas, history)
  const hashes = replicas.map(({ node, hash }) => `${node} ${hash}`).join(', ')
  const sameHash = new Set(replicas.map(({ hash }) => hash)).size <= 1
  const differs = [...first(lost, 'lost'), ...first(diverged, 'different')]
  if (!sameHash) differs.push(`the hashes at revision ${revision} differ: ${hashes}`)
  const present = new Set(replicas.flatMap(({ serializable }) => [...serializable.keys()]))
  return {
    holds: differs.length === 0,
    revision,
    acknowledged: history.acknowledged,
    lost: lost.length,
    diverged: diverged.length === 0 && !sameHash ? 1 : diverged.length,
    failed: history.failed,
    failedButPresent: [...present].filter((key) => isFailed(key, history)).length,
    differs,
  }
}

function lostWrites(replicas: readonly Replica[], history: WriteHistory): string[] {
  const lost: string[] = []
  for (const writer of history.nodes) {
    for (const write of history.acknowledgedOf(writer)) {
      const { key, value } = writeOf(writer, write)
      const without = replicas.flatMap(({ node, linearizable, serializable }) => [
        ...(linearizable.get(key)?.value === value ? [] : [`${node}, linearizably`]),
        ...(serializable.get(key)?.value === value ? [] : [`${node}, serializably`]),
      ])
      if (without.length > 0) lost.push(`${key} was acknowledged, and is not read from ${without.join('; ')}`)
    }
  }
  return lost
}

function differences(replicas: readonly Replica[], history: WriteHistory): string[] {
  const views = replicas.flatMap(({ node, linearizable, serializable }) => [
    { who: `${node}, linearizably`, entries: linearizable },
    { who: `${node}, serializably`, entries: serializable },
  ])
  const differ: string[] = []
  for (const key of new Set(views.flatMap(({ entries }) => [...entries.keys()]))) {
    const seen = views.map(({ who, entries }) => ({ who, shown: shown(entries.get(key)) }))
    if (new Set(seen.map((each) => each.shown)).size > 1)
      differ.push(`${key} is ${seen.map((each) => `${each.shown} at ${each.who}`).join('; ')}`)
    else if (!written(key, views[0]?.entries.get(key), history))
      differ.push(`${key} is ${seen[0]?.shown}, which nobody wrote, or not once`)
  }
  return differ
}

function shown(entry: Entry | undefined): string {
  if (entry === undefined) return 'missing'
  const { value, createRevision, modRevision, version } = entry
  return `${JSON.stringify(value)} (created at ${createRevision}, modified at ${modRevision}, version ${version})`
}

/** Whether some writer began the write that put this there. */
function written(key: string, entry: Entry | undefined, history: WriteHistory): boolean {
  const origin = ofWriter(key, history)
  return origin !== undefined && entry?.version === 1 && entry.value === writeOf(origin.node, origin.write).value
}

function isFailed(key: string, history: WriteHistory): boolean {
  const origin = ofWriter(key, history)
  return origin !== undefined && !history.acknowledgedOf(origin.node).has(origin.write)
}

function ofWriter(key: string, history: WriteHistory): { readonly node: NodeId; readonly write: number } | undefined {
  const origin = writerOf(key)
  if (origin === undefined || !history.nodes.includes(origin.node)) return undefined
  return history.attempted(origin.node, origin.write) ? origin : undefined
}

function first(all: readonly string[], what: string): string[] {
  return all.length <= named ? [...all] : [...all.slice(0, named), `and ${all.length - named} more ${what}`]
}
