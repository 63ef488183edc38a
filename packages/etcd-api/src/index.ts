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
export { Cluster, KV, Maintenance } from './gen/etcdserverpb/rpc_pb.js'
