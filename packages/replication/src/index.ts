export { raftLog, RaftLog } from './raft-log.js'
export { replicationLimits } from './limits.js'
