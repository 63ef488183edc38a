export { createEtcdServer, type EtcdServer, type EtcdServerStats } from './server.js'
export type { EtcdServerBounds, EtcdServerOptions, EtcdServerTls } from './options.js'
export type {
  BarrierEnd,
  EtcdBackend,
  EtcdMember,
  EtcdStatus,
  KeyValueState,
  MoveLeaderEnd,
  ProposalEnd,
} from './backend.js'
