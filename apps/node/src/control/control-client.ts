import { create } from '@bufbuild/protobuf'
import { Client, credentials, type ChannelCredentials, type ChannelOptions, type ServiceError } from '@grpc/grpc-js'
import { QuorateError, type NodeId, type Verdict } from '@quorate/core'
import { grpcServiceDefinition, loadTls, parsePeerUrl } from '@quorate/transport-grpc'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import {
  CallVoteRequestSchema,
  Control,
  ResignRequestSchema,
  StatusRequestSchema,
  WatchRequestSchema,
  type Event,
  type Replicated,
  type StatusResponse,
} from '../gen/quorate/control/v1/control_pb.js'
import { nodeChannelOptions, reasonOf, unaryCalls, type UnaryCall } from '../grpc/unary-calls.js'
import type { NodeEvent, NodeStatus, PeerTlsOptions, ReplicatedStatus, VoteOutcome } from '../node-handle.js'

/** A node's status and, for finding the others, all members with their peer URLs. */
export type RemoteStatus = NodeStatus & { readonly members: Readonly<Record<NodeId, readonly string[]>> }

/** A connection to one node's control service. Its calls reject with `QUORATE_UNREACHABLE` when the node does not answer. */
export interface ControlClient {
  status(options?: { readonly timeoutMs?: number }): Promise<RemoteStatus>
  /** Calls `onEvent` with everything that happens from now on, and `onEnd` once when the stream ends; returns how to end it. */
  watch(onEvent: (event: NodeEvent) => void, onEnd?: (error: QuorateError | undefined) => void): () => void
  callVote(options?: { readonly timeoutMs?: number }): Promise<VoteOutcome>
  resign(): Promise<void>
  close(): void
}

const service = grpcServiceDefinition(Control)
const defaultTimeoutMs = 2_000

/** Connects to the node at a peer URL. Throws `QUORATE_MALFORMED_URL` if it is none, `QUORATE_BAD_CERTIFICATE` for unusable files. */
export function connectControl(url: string, tls?: PeerTlsOptions): ControlClient {
  const { host, port } = parsePeerUrl(url, tls !== undefined)
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const channel = channelFor(host, tls)
  const client = new Client(address, channel.credentials, {
    ...channel.options,
    ...nodeChannelOptions,
  })

  const call = unaryCalls(client, Control)
  const unary: UnaryCall = (...request) =>
    call(...request).catch((error: ServiceError) => {
      throw unreachable(url, error)
    })

  return {
    async status({ timeoutMs = defaultTimeoutMs } = {}) {
      return remoteStatus(await unary(Control.method.status, create(StatusRequestSchema), timeoutMs))
    },
    watch(onEvent, onEnd) {
      const definition = service['watch']
      if (definition === undefined) throw new TypeError('no method watch')
      const call = client.makeServerStreamRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize as (bytes: Buffer) => Event,
        create(WatchRequestSchema),
      )
      let ended = false
      const end = (error: QuorateError | undefined): void => {
        if (ended) return
        ended = true
        onEnd?.(error)
      }
      call.on('data', (event: Event) => onEvent(JSON.parse(event.json) as NodeEvent))
      call.on('error', (error: ServiceError) => end(unreachable(url, error)))
      call.on('end', () => end(undefined))
      return () => {
        ended = true
        call.cancel()
      }
    },
    async callVote({ timeoutMs = 10_000 } = {}) {
      const request = create(CallVoteRequestSchema, { timeoutMs })
      const { vote, decision, reason } = await unary(Control.method.callVote, request, timeoutMs + defaultTimeoutMs)
      return decision === undefined
        ? { outcome: 'undecided', vote, reason }
        : { outcome: 'decided', vote, value: Number(decision) }
    },
    async resign() {
      await unary(Control.method.resign, create(ResignRequestSchema), defaultTimeoutMs)
    },
    close() {
      client.close()
    },
  }
}

function channelFor(
  host: string,
  tls: PeerTlsOptions | undefined,
): { readonly credentials: ChannelCredentials; readonly options?: ChannelOptions } {
  if (tls === undefined) return { credentials: credentials.createInsecure() }
  const { context } = loadTls(tls)
  if (isIP(host) === 0) return { credentials: credentials.createFromSecureContext(context) }
  // TLS knows no addresses as server names, and Node warns of them. The certificate is held against the address all the same.
  const verify = {
    checkServerIdentity: (_name: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(host, certificate),
  }
  return {
    credentials: credentials.createFromSecureContext(context, verify),
    options: { 'grpc.ssl_target_name_override': 'node.invalid' },
  }
}

function unreachable(url: string, error: ServiceError): QuorateError {
  return new QuorateError(
    'QUORATE_UNREACHABLE',
    `no node answers at ${url}: ${reasonOf(error)}; check that it runs and that the URL is one of its peer URLs`,
    { url, grpcCode: error.code },
    { cause: error },
  )
}

function remoteStatus(response: StatusResponse): RemoteStatus {
  return {
    id: response.id,
    incarnation: Number(response.incarnation),
    clusterId: response.clusterId,
    version: response.version,
    role: response.role as NodeStatus['role'],
    leader: response.leader === '' ? undefined : response.leader,
    term: { number: Number(response.term?.number ?? 0n), id: response.term?.id ?? '' },
    peers: response.peers.map(({ id, connected, verdict, suspicion }) => ({
      id,
      connected,
      verdict: verdict === '' ? undefined : (verdict as Verdict),
      suspicion,
    })),
    votes: response.votes.map(({ vote, value, decision }) => ({
      vote,
      value: Number(value),
      decision: decision === undefined ? undefined : Number(decision),
    })),
    algorithms: {
      failureDetector: response.failureDetector,
      election: response.election,
      agreement: response.agreement,
    },
    uptimeMs: response.uptimeMs,
    members: Object.fromEntries(response.members.map(({ id, peerUrls }) => [id, peerUrls])),
    replicated: response.replicated && replicatedStatus(response.replicated),
  }
}

function replicatedStatus({ lastIndex, commitIndex, appliedIndex, revision, bytes }: Replicated): ReplicatedStatus {
  return {
    lastIndex: Number(lastIndex),
    commitIndex: Number(commitIndex),
    appliedIndex: Number(appliedIndex),
    revision: revision === undefined ? undefined : Number(revision),
    bytes: bytes === undefined ? undefined : Number(bytes),
  }
}
