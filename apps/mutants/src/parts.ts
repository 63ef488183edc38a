/** What a log is made of, for whoever runs one with a bug in it by other means than an attack: see `import-parts.ts`. */
export { raft } from '@quorate/election/raft'
export { raftLog } from '@quorate/replication'
export { smallStores } from './attacks/small-stores.js'
