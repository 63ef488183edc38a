/** The algorithms of a simulated run, loaded by kind, and what of them a run's trace is read with. */
import type { FaultKind } from '@quorate/core'
import type { OpenStores, RunKind, ScenarioDefinitions } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { loadAgreement, loadElection, loadFailureDetector, loadReplicatedLog } from '../algorithms.js'
import type { CodecOf } from './trace-file.js'

/** What a log is carried by unless it is told otherwise. */
export const usualElection = 'raft'

/** Loads what a run needs, by short names or modules. Throws as `loadElection` does. */
export async function loadDefinitions(
  kind: RunKind,
  algorithm: string,
  election: string = usualElection,
): Promise<ScenarioDefinitions> {
  switch (kind) {
    case 'election':
      return { algorithm: await loadElection(algorithm) }
    case 'vote':
      return { algorithm: await loadAgreement(algorithm) }
    case 'detector':
      return { algorithm: await loadFailureDetector(algorithm) }
    case 'log':
      return { algorithm: await loadReplicatedLog(algorithm), election: await loadElection(election) }
  }
}

/** Decodes the messages of a run by their channels: the algorithm's own, and those of the election beneath a log. */
export function codecsOf({ algorithm, election }: ScenarioDefinitions): CodecOf {
  const codecs = new Map([['', algorithm.codec]])
  if (election !== undefined) codecs.set('election', election.codec)
  return (channel) => codecs.get(channel)
}

/**
 * Faults of what a disk holds take stores that lie on one: a log in segments so small that a short run begins many, and with so little in
 * memory that it reads them.
 */
export function storesFor(faults: readonly FaultKind[]): { readonly stores?: OpenStores } {
  if (!faults.includes('torn-write') && !faults.includes('bit-rot')) return {}
  return { stores: (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 }) }
}
