import type { Mutant } from '../mutant.js'
import { detectorMutants } from './detectors.js'
import { electionMutants } from './elections.js'
import { raftElectionMutants } from './raft-election.js'
import { followerMutants } from './followers.js'
import { leaderMutants } from './leaders.js'
import { storeMutants } from './store.js'
import { transportMutants } from './transport.js'
import { votingMutants } from './voting.js'
import { writeAheadLogMutants } from './write-ahead-log.js'

/** The known bugs. */
export const mutants: readonly Mutant[] = [
  ...raftElectionMutants,
  ...electionMutants,
  ...votingMutants,
  ...followerMutants,
  ...leaderMutants,
  ...writeAheadLogMutants,
  ...storeMutants,
  ...detectorMutants,
  ...transportMutants,
]
