import type { Method } from '../grpc/call.js'
import { codes, type Status } from '../grpc/status.js'

export type Service = Readonly<Record<string, Method>>

/** Methods by their paths. */
export function routesOf(services: Readonly<Record<string, Service>>): ReadonlyMap<string, Method> {
  const routes = new Map<string, Method>()
  for (const [service, methods] of Object.entries(services)) {
    for (const [name, method] of Object.entries(methods)) routes.set(`/${service}/${name}`, method)
  }
  return routes
}

/** What of etcd 3.4 is not served. It is told apart from what no etcd knows, in words: the code is the same. */
const missing: Readonly<Record<string, readonly string[]>> = {
  'etcdserverpb.KV': [],
  'etcdserverpb.Watch': ['Watch'],
  'etcdserverpb.Lease': ['LeaseGrant', 'LeaseRevoke', 'LeaseKeepAlive', 'LeaseTimeToLive', 'LeaseLeases'],
  'etcdserverpb.Cluster': ['MemberAdd', 'MemberRemove', 'MemberUpdate', 'MemberPromote'],
  'etcdserverpb.Maintenance': ['Defragment', 'Hash', 'Snapshot'],
  'etcdserverpb.Auth': [
    'AuthEnable',
    'AuthDisable',
    'Authenticate',
    'UserAdd',
    'UserGet',
    'UserList',
    'UserDelete',
    'UserChangePassword',
    'UserGrantRole',
    'UserRevokeRole',
    'RoleAdd',
    'RoleGet',
    'RoleList',
    'RoleDelete',
    'RoleGrantPermission',
    'RoleRevokePermission',
  ],
  'v3lockpb.Lock': ['Lock', 'Unlock'],
  'v3electionpb.Election': ['Campaign', 'Proclaim', 'Leader', 'Observe', 'Resign'],
  'grpc.health.v1.Health': ['Watch'],
}

/** Why nothing is at a path. The words are grpc-go's where it knows as little. */
export function notServed(path: string): Status {
  const match = /^\/(.+)\/([^/]+)$/.exec(path)
  const [service, method] = [match?.[1], match?.[2]]
  let message: string
  if (service === undefined || method === undefined) message = `malformed method name: ${JSON.stringify(path)}`
  else if (!Object.hasOwn(missing, service)) message = `unknown service ${service}`
  else if (missing[service]?.includes(method) === true) message = `quorate: ${service}/${method} is not served`
  else message = `unknown method ${method} for service ${service}`
  return { code: codes.unimplemented, message }
}
