import { create } from '@bufbuild/protobuf'
import type { EtcdBackend } from '../backend.js'
import type { Method } from '../grpc/call.js'
import { MemberListResponseSchema, MemberSchema } from '../gen/etcdserverpb/rpc_pb.js'
import { frameOf, headerOf } from './messages.js'

/** `etcdserverpb.Cluster`, as far as there is something to tell. */
export function clusterService(backend: EtcdBackend): Readonly<Record<string, Method>> {
  return {
    MemberList(call) {
      const members = backend
        .members()
        .map(({ id, name, peerUrls, clientUrls }) =>
          create(MemberSchema, { ID: id, name, peerURLs: [...peerUrls], clientURLs: [...clientUrls] }),
        )
      members.sort((left, right) => (left.ID < right.ID ? -1 : 1))
      // Members are of no revision.
      call.reply(frameOf(MemberListResponseSchema, { header: headerOf(backend, 0), members }))
    },
  }
}
