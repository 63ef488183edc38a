/**
 * The refusals of etcd's key-value service, with its gRPC status codes and exact texts: clients recognise them by both.
 *
 * etcd 3.4, `etcdserver/api/v3rpc/rpctypes/error.go`.
 */
export const etcdErrors = {
  emptyKey: refusal(3, 'etcdserver: key is not provided'),
  keyNotFound: refusal(3, 'etcdserver: key not found'),
  valueProvided: refusal(3, 'etcdserver: value is provided'),
  leaseProvided: refusal(3, 'etcdserver: lease is provided'),
  tooManyOperations: refusal(3, 'etcdserver: too many operations in txn request'),
  duplicateKey: refusal(3, 'etcdserver: duplicate key given in txn request'),
  requestTooLarge: refusal(3, 'etcdserver: request is too large'),
  compacted: refusal(11, 'etcdserver: mvcc: required revision has been compacted'),
  futureRevision: refusal(11, 'etcdserver: mvcc: required revision is a future revision'),
  noSpace: refusal(8, 'etcdserver: mvcc: database space exceeded'),
  leaseNotFound: refusal(5, 'etcdserver: requested lease not found'),
} as const

/** A request that was refused and changed nothing. */
export interface Refusal {
  readonly type: 'refused'
  /** The status code of gRPC: 3 invalid argument, 5 not found, 8 resource exhausted, 11 out of range. */
  readonly code: number
  readonly message: string
}

function refusal(code: number, message: string): Refusal {
  return { type: 'refused', code, message }
}

/** Bytes that are no command of this format. Every replica of one version refuses them alike. */
export function malformedCommand(reason: string): Refusal {
  return refusal(3, `quorate: malformed command: ${reason}`)
}
