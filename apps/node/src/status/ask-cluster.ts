import { isQuorateError, QuorateError, type NodeId } from '@quorate/core'
import { connectControl, type RemoteStatus } from '../control/control-client.js'
import type { PeerTlsOptions } from '../node-handle.js'

/** What became of asking one member. */
export type Answer =
  | { readonly id: NodeId; readonly status: RemoteStatus }
  | { readonly id: NodeId; readonly error: string }

export interface AskOptions {
  readonly endpoints: readonly string[]
  readonly tls?: PeerTlsOptions | undefined
  /** How long to wait for each node, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Asks the endpoints, in turn, for the members, and then each member for its status, all at once. Answers are in order of ids.
 * Rejects with `QUORATE_UNREACHABLE` when no endpoint answers.
 */
export async function askCluster({ endpoints, tls, timeoutMs }: AskOptions): Promise<readonly Answer[]> {
  const ask = (url: string): Promise<RemoteStatus> => statusOf(url, tls, timeoutMs)
  const first = await firstOf(endpoints, ask)
  if ('error' in first) {
    throw new QuorateError('QUORATE_UNREACHABLE', first.error, { endpoints })
  }
  const ids = Object.keys(first.status.members).sort()
  return Promise.all(
    ids.map(async (id): Promise<Answer> => {
      // It has answered already, perhaps at an URL that only this machine knows.
      if (id === first.status.id) return { id, status: first.status }
      const found = await firstOf(first.status.members[id] ?? [], async (url) => {
        const status = await ask(url)
        if (status.id === id && status.clusterId === first.status.clusterId) return status
        throw new QuorateError(
          'QUORATE_WRONG_NODE',
          `${url} is answered by ${status.id} of cluster ${status.clusterId}`,
          { url },
        )
      })
      return { id, ...found }
    }),
  )
}

type Found = { readonly status: RemoteStatus } | { readonly error: string }

/** The answer of the first URL that gives one, or why none does. */
async function firstOf(urls: readonly string[], ask: (url: string) => Promise<RemoteStatus>): Promise<Found> {
  const reasons: string[] = []
  for (const url of urls) {
    try {
      return { status: await ask(url) }
    } catch (error) {
      if (!isQuorateError(error, 'QUORATE_UNREACHABLE') && !isQuorateError(error, 'QUORATE_WRONG_NODE')) throw error
      reasons.push(error.message)
    }
  }
  return { error: reasons.join('; ') }
}

async function statusOf(url: string, tls: PeerTlsOptions | undefined, timeoutMs: number): Promise<RemoteStatus> {
  const client = connectControl(url, tls)
  try {
    return await client.status({ timeoutMs })
  } finally {
    client.close()
  }
}

/** Whether those that answered agree on a leader that is alive, in a sentence. */
export function agreement(answers: readonly Answer[]): { readonly agreed: boolean; readonly summary: string } {
  const reached = answers.flatMap((answer) => ('status' in answer ? [answer.status] : []))
  const named = new Set(reached.map(({ leader }) => leader))
  const [leader] = named
  const [only] = answers
  if (answers.length === 1 && only !== undefined && leader === only.id) {
    return { agreed: true, summary: `the only node, ${leader}, leads` }
  }
  const of =
    reached.length === answers.length
      ? `all ${answers.length} nodes`
      : `${reached.length} of ${answers.length} nodes, those that answer,`
  if (named.size > 1) {
    const views = reached.map((status) => `${status.id} names ${status.leader ?? 'none'}`)
    return { agreed: false, summary: `no agreement: ${views.join(', ')}` }
  }
  if (leader === undefined) return { agreed: false, summary: `${of} know no leader` }
  if (reached.some(({ id, role }) => id === leader && role === 'leader')) {
    return { agreed: true, summary: `${of} agree: ${leader} leads` }
  }
  return { agreed: false, summary: `${of} name ${leader}, which does not answer` }
}
