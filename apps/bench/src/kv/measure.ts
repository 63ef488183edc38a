import { QuorateError } from '@quorate/core'
import { wordsOf, type Case } from './cases.js'
import { methods, readFound } from './etcd-requests.js'
import { h2load, oneKey, oneKeyFrame } from './h2load.js'
import type { KvCluster } from './kv-cluster.js'
import type { KvMember } from './kv-member.js'
import { valueBytes, type Load, type LoadResult } from './load.js'
import { manyKeys, writtenExactly } from './many-keys.js'
import type { Scratch } from './scratch.js'

/** What one case needed in one round. */
export interface Measurement {
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of all three nodes. */
  readonly cpuSecondsPer1000: number
}

/** What a measurement's figures are worth nothing without. */
export interface Evidence {
  readonly requests: number
  readonly result: LoadResult
  readonly revisionBefore: number
  readonly revisionAfter: number
  /** Bytes of one answer, of those that are all alike. */
  readonly answerBytes?: number
}

/** Bytes of gRPC's frame around a message. */
const frameBytes = 5
const deadlineMs = 5_000
/** A change of the leader spoils a measurement; it is made again, this often. */
const attempts = 3

/**
 * Measures one case for about `seconds`, after a short run that shows how many requests these are. Throws `QUORATE_BENCH_WRONG` when not every
 * request did what it should have.
 */
export async function measure(cluster: KvCluster, each: Case, seconds: number, scratch: Scratch): Promise<Measurement> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const leader = await cluster.healthy()
    const member =
      each.at === 'leader' ? leader : (cluster.members.find((candidate) => candidate !== leader) as KvMember)
    const drive = (requests: number): Promise<LoadResult> => driven(each, member, requests, scratch)
    const warmUp = await drive(Math.min(5_000, 200 + 10 * each.inFlight * each.connections))
    const requests = Math.max(100, Math.round(warmUp.perSecond * seconds))
    const revisionBefore = await revision(member)
    const cpuBefore = cluster.cpuSeconds()
    const result = await drive(requests)
    const cpuSeconds = cluster.cpuSeconds() - cpuBefore
    const revisionAfter = await revision(member)
    if ((await cluster.agreedLeader()) !== leader) continue
    const alike = each.operation === 'read' && each.keys === 1
    const answerBytes = alike ? { answerBytes: await oneAnswerBytes(member) } : {}
    const wrong = whatIsWrong(each, { requests, result, revisionBefore, revisionAfter, ...answerBytes })
    if (wrong !== undefined) {
      const what = `${cluster.target.name}, ${wordsOf(each).join(' ')}: ${wrong}`
      throw new QuorateError('QUORATE_BENCH_WRONG', what, { result, revisionBefore, revisionAfter })
    }
    const { perSecond, p50Ms, p99Ms } = result
    return { requests, perSecond, p50Ms, p99Ms, cpuSecondsPer1000: (cpuSeconds / requests) * 1000 }
  }
  const what = `${cluster.target.name}, ${wordsOf(each).join(' ')}: the leader changed in each of ${attempts} attempts`
  throw new QuorateError('QUORATE_BENCH_UNSTABLE', what)
}

/**
 * Asks every member of both kinds for a while, so that what is measured is a server that has run for some time: compilers and caches
 * included.
 */
export async function warmUp(cluster: KvCluster, scratch: Scratch): Promise<void> {
  await cluster.healthy()
  for (const operation of ['put', 'read'] as const) {
    for (const { clientPort } of cluster.members) {
      await h2load({ clientPort, operation, connections: 1, inFlight: 100, requests: warmUpRequests }, scratch)
    }
  }
}

const warmUpRequests = 10_000

/** Writes each key once, so that there is something to read. */
export async function fill(cluster: KvCluster, cases: readonly Case[], scratch: Scratch): Promise<void> {
  const leader = await cluster.healthy()
  await leader.client.call(methods.put, oneKeyFrame('put'), deadlineMs)
  const keys = Math.max(...cases.map((each) => each.keys))
  if (keys === 1) return
  await writtenExactly(
    { clientPort: leader.clientPort, requests: keys, inFlight: 100, keys, valueBytes },
    leader,
    scratch,
  )
}

/** What makes the figures worthless, if anything does. */
export function whatIsWrong(each: Case, evidence: Evidence): string | undefined {
  const { requests, result, revisionBefore, revisionAfter, answerBytes } = evidence
  if (result.failed > 0) return `${result.failed} of ${requests} requests failed`
  const written = revisionAfter - revisionBefore
  const expected = each.operation === 'put' ? requests : 0
  if (written !== expected) return `the revision rose by ${written} in ${requests} requests, not by ${expected}`
  if (answerBytes !== undefined && result.dataBytes !== answerBytes * requests)
    return `${requests} answers had ${result.dataBytes} bytes, not ${answerBytes} each`
  return undefined
}

function driven(each: Case, member: KvMember, requests: number, scratch: Scratch): Promise<LoadResult> {
  const { operation, connections, inFlight, keys } = each
  const load: Load = { clientPort: member.clientPort, operation, connections, inFlight, requests }
  return keys === 1 ? h2load(load, scratch) : manyKeys({ ...load, keys, valueBytes }, scratch)
}

/** The store's revision, after everything that was acknowledged before. */
async function revision(member: KvMember): Promise<number> {
  return (await member.get(oneKey)).revision
}

/** What every answer to a read of the one key is as long as; and it holds the value. */
async function oneAnswerBytes(member: KvMember): Promise<number> {
  const message = await member.client.call(methods.range, oneKeyFrame('read'), deadlineMs)
  const { valueBytes: sizes } = readFound(message)
  if (sizes.length !== 1 || sizes[0] !== valueBytes) {
    throw new QuorateError(
      'QUORATE_BENCH_WRONG',
      `${member.name} answers a read with values of [${sizes.join()}] bytes`,
    )
  }
  return message.length + frameBytes
}
