import { create } from '@bufbuild/protobuf'
import {
  status as grpcStatus,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import type { ServiceImplementation } from '@quorate/transport-grpc'
import {
  CallVoteResponseSchema,
  EventSchema,
  ResignResponseSchema,
  StatusResponseSchema,
  type CallVoteRequest,
  type CallVoteResponse,
  type Control,
  type Event,
  type ResignRequest,
  type ResignResponse,
  type StatusRequest,
  type StatusResponse,
  type WatchRequest,
} from '../gen/quorate/control/v1/control_pb.js'
import type { NodeEvent, NodeHandle, NodeStatus, ReplicatedStatus } from '../node-handle.js'

/** The part of a node that the service shows. */
export type ControlledNode = Pick<NodeHandle, 'status' | 'votes' | 'election' | 'onEvent'> & {
  readonly members: Readonly<Record<string, readonly string[]>>
}

const maxVoteTimeoutMs = 60_000
const defaultVoteTimeoutMs = 10_000
/** The most watchers of one node: each costs a copy of every event. */
const maxWatchers = 64
/** How many events may wait for a watcher that does not read; then it is cut off, since a gap would mislead it. */
const maxWaitingEvents = 10_000

/** Serves what operators and the command line ask of a node. */
export function controlService(node: ControlledNode): ServiceImplementation<typeof Control> {
  let watchers = 0
  return {
    status(_call: ServerUnaryCall<StatusRequest, StatusResponse>, respond: sendUnaryData<StatusResponse>) {
      respond(null, statusResponse(node.status(), node.members))
    },

    watch(call: ServerWritableStream<WatchRequest, Event>) {
      if (watchers >= maxWatchers) {
        call.emit('error', {
          code: grpcStatus.RESOURCE_EXHAUSTED,
          details: `${maxWatchers} watch already; end one first`,
        })
        return
      }
      watchers++
      let waiting = 0
      let ended = false
      const end = (): void => {
        if (ended) return
        ended = true
        watchers--
        stopListening()
      }
      const stopListening = node.onEvent((event) => {
        if (waiting >= maxWaitingEvents) {
          end()
          call.emit('error', {
            code: grpcStatus.RESOURCE_EXHAUSTED,
            details: `${maxWaitingEvents} events wait: read faster`,
          })
          return
        }
        waiting++
        call.write(create(EventSchema, { json: JSON.stringify(event satisfies NodeEvent) }), () => waiting--)
      })
      call.on('cancelled', end)
      call.on('close', end)
      call.on('error', end)
    },

    callVote(call: ServerUnaryCall<CallVoteRequest, CallVoteResponse>, respond: sendUnaryData<CallVoteResponse>) {
      const timeoutMs = Math.min(call.request.timeoutMs || defaultVoteTimeoutMs, maxVoteTimeoutMs)
      node.votes.call({ timeoutMs }).then(
        (ended) =>
          respond(
            null,
            create(CallVoteResponseSchema, {
              vote: ended.vote,
              ...(ended.outcome === 'decided' ? { decision: BigInt(ended.value) } : { reason: ended.reason }),
            }),
          ),
        (error: unknown) =>
          respond({ code: grpcStatus.UNAVAILABLE, details: error instanceof Error ? error.message : String(error) }),
      )
    },

    resign(_call: ServerUnaryCall<ResignRequest, ResignResponse>, respond: sendUnaryData<ResignResponse>) {
      node.election.resign()
      respond(null, create(ResignResponseSchema))
    },
  }
}

function replicatedMessage({ lastIndex, commitIndex, appliedIndex, revision, bytes }: ReplicatedStatus) {
  return {
    lastIndex: BigInt(lastIndex),
    commitIndex: BigInt(commitIndex),
    appliedIndex: BigInt(appliedIndex),
    ...(revision !== undefined && { revision: BigInt(revision) }),
    ...(bytes !== undefined && { bytes: BigInt(bytes) }),
  }
}

function statusResponse(status: NodeStatus, members: ControlledNode['members']): StatusResponse {
  return create(StatusResponseSchema, {
    id: status.id,
    incarnation: BigInt(status.incarnation),
    clusterId: status.clusterId,
    version: status.version,
    role: status.role,
    leader: status.leader ?? '',
    term: { number: BigInt(status.term.number), id: status.term.id },
    peers: status.peers.map(({ id, connected, verdict, suspicion }) => ({
      id,
      connected,
      verdict: verdict ?? '',
      suspicion,
    })),
    votes: status.votes.map(({ vote, value, decision }) => ({
      vote,
      value: BigInt(value),
      ...(decision !== undefined && { decision: BigInt(decision) }),
    })),
    failureDetector: status.algorithms.failureDetector,
    election: status.algorithms.election,
    agreement: status.algorithms.agreement,
    uptimeMs: status.uptimeMs,
    members: Object.entries(members).map(([id, peerUrls]) => ({ id, peerUrls: [...peerUrls] })),
    ...(status.replicated !== undefined && { replicated: replicatedMessage(status.replicated) }),
  })
}
