export { bully } from './bully.js'
export { raft } from './raft.js'
export { timestamp } from './timestamp.js'
