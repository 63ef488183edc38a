import type { ErrorCode, Incarnation, NodeId } from '@quorate/core'

/** Why two processes do not talk. `message` is read on both sides: it names both and says what to do. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}

/** Versions of the protocol between peers, both included. */
export interface VersionRange {
  readonly oldest: number
  readonly newest: number
}

/** What this package speaks. */
export const spokenVersions: VersionRange = { oldest: 1, newest: 1 }

export function unknownVersion(dialer: NodeId, theirs: VersionRange, acceptor: NodeId, ours: VersionRange): Refusal {
  return {
    code: 'QUORATE_UNKNOWN_VERSION',
    message:
      `node "${dialer}" speaks ${describe(theirs)} of the protocol between peers, node "${acceptor}" ${describe(ours)}: ` +
      'run releases of Quorate that share a version',
  }
}

export function wrongCluster(dialer: NodeId, theirs: string, acceptor: NodeId, ours: string): Refusal {
  return {
    code: 'QUORATE_WRONG_CLUSTER',
    message:
      `node "${dialer}" is of cluster "${theirs}", node "${acceptor}" of cluster "${ours}": ` +
      'give both the same cluster id, or take each out of the peers of the other',
  }
}

export function wrongNode(meant: NodeId, reached: NodeId): Refusal {
  return {
    code: 'QUORATE_WRONG_NODE',
    message: `the URL of node "${meant}" leads to node "${reached}": correct the URLs of the peers`,
  }
}

export function ownUrl(meant: NodeId, self: NodeId): Refusal {
  return {
    code: 'QUORATE_WRONG_NODE',
    message: `the URL of node "${meant}" leads back to node "${self}" itself: correct the URLs of the peers`,
  }
}

export function unknownPeer(dialer: NodeId, acceptor: NodeId): Refusal {
  return {
    code: 'QUORATE_UNKNOWN_PEER',
    message: `node "${dialer}" is not among the peers of node "${acceptor}": add it there, or correct its id`,
  }
}

export function oldIncarnation(old: Incarnation, known: number): Refusal {
  return {
    code: 'QUORATE_OLD_INCARNATION',
    message:
      `node "${old.id}" came with incarnation ${old.incarnation}, but its incarnation ${known} was seen already: ` +
      'stop this older process, or, if it is the newest, start it with a greater incarnation',
  }
}

export function duplicateNode(node: Incarnation, known: number): Refusal {
  const other = known === node.incarnation ? 'another process with the same incarnation' : `its incarnation ${known}`
  return {
    code: 'QUORATE_DUPLICATE_NODE',
    message:
      `node "${node.id}" came with incarnation ${node.incarnation} while ${other} is alive: ` +
      'two processes run as one node; stop one, or give it an id of its own',
  }
}

export function malformedHello(reason: string): Refusal {
  return {
    code: 'QUORATE_MALFORMED_HELLO',
    message: `the stream did not begin with a usable hello (${reason}): only peers connect to this service`,
  }
}

function describe({ oldest, newest }: VersionRange): string {
  return oldest === newest ? `version ${newest}` : `versions ${oldest} to ${newest}`
}
