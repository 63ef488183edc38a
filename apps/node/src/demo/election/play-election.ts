/**
 * What the demonstration of elections does: an election, a vote, the leader killed and started again, a follower stopped and resumed, another
 * vote. Every wait is bounded, and what is said of a fault is measured from what the nodes themselves reported, by their own clocks.
 */
import { compareIds, isQuorateError, type NodeId } from '@quorate/core'
import { defaults } from '../../node-settings.js'
import type { ProcessCluster } from '../../processes/process-cluster.js'
import { formatDuration } from '../../run/duration.js'
import { judgeElection, judgeVote, type Statement } from '../../run/verdict.js'
import type { DemoView } from '../demo-view.js'
import { patienceMs, Stage } from '../stage.js'

export interface FaultReport {
  readonly fault: 'kill' | 'stop'
  readonly node: NodeId
  readonly role: 'leader' | 'follower'
  /** From the fault until all live nodes suspected the node. */
  readonly detectedMs: number
  /** From the fault until all live nodes named the same living leader, for good. 0: they never ceased to. */
  readonly agreedMs: number
  readonly leader: NodeId
  /** From its return until all nodes trusted each other and named the same living leader. */
  readonly recoveredMs: number
}

export interface DecisionReport {
  readonly vote: string
  readonly values: Readonly<Record<NodeId, number>>
  readonly value: number | null
  /** From the call until all live nodes had decided. */
  readonly decidedMs: number
}

export interface ElectionDemo {
  readonly nodes: number
  readonly faults: readonly FaultReport[]
  readonly decisions: readonly DecisionReport[]
  /** Whether both formulas held, of the leader and of every vote. */
  readonly agreement: boolean
  readonly differs: readonly string[]
  /** The ends of the nodes' logs, when something did not come about in time. */
  readonly logs?: string
  /** The verdict's sentences on the leader, and on each vote. */
  readonly election: readonly Statement[]
  readonly votes: readonly (readonly Statement[])[]
}

/** A node that has just been started learns how far apart heartbeats come, and until then is slower to suspect. */
const learningMs = 15 * defaults.heartbeatIntervalMs

/** Plays it on a cluster that runs. `paceMs` is left between its scenes, for whoever watches. */
export async function playElection(cluster: ProcessCluster, view: DemoView, paceMs: number): Promise<ElectionDemo> {
  const faults: FaultReport[] = []
  const decisions: DecisionReport[] = []
  const stage = new Stage(cluster, view)
  const demo = new ElectionPlay(stage)
  try {
    await stage.elected()
    await cluster.pass(paceMs)
    decisions.push(await demo.vote())
    await cluster.pass(paceMs)
    faults.push(await demo.loseLeader(paceMs))
    await cluster.pass(paceMs)
    faults.push(await demo.loseFollower(paceMs))
    await cluster.pass(paceMs)
    decisions.push(await demo.vote())
    await cluster.pass(paceMs)
  } catch (error) {
    if (!isQuorateError(error, 'QUORATE_TIMEOUT')) throw error
    // What did not come about in time is a disagreement, too: it is judged with the rest.
    return { ...judged(cluster, faults, decisions, [String(error.data['says'])]), logs: String(error.data['logs']) }
  }
  return judged(cluster, faults, decisions, [])
}

function judged(
  cluster: ProcessCluster,
  faults: readonly FaultReport[],
  decisions: readonly DecisionReport[],
  failures: readonly string[],
): ElectionDemo {
  const { observed, nowMs } = cluster
  const election = judgeElection(observed, nowMs)
  const votes = observed.votes.map((vote) => judgeVote(observed, vote, nowMs))
  const differs = [
    ...failures,
    ...election.differs,
    ...votes.flatMap((vote, index) => vote.differs.map((difference) => `vote ${index + 1}: ${difference}`)),
  ]
  return {
    nodes: cluster.nodes.length,
    faults,
    decisions,
    agreement: differs.length === 0,
    differs,
    election: election.statements,
    votes: votes.map(({ statements }) => statements),
  }
}

class ElectionPlay {
  readonly #cluster: ProcessCluster
  readonly #stage: Stage
  #killed: NodeId | undefined

  constructor(stage: Stage) {
    this.#cluster = stage.cluster
    this.#stage = stage
  }

  async vote(): Promise<DecisionReport> {
    const { observed } = this.#cluster
    const earlier = new Set(observed.votes)
    const current = (): string | undefined => observed.votes.find((vote) => !earlier.has(vote))
    const caller = await this.#stage.agreed()
    const client = await this.#cluster.answering(caller)
    const calledMs = this.#cluster.nowMs
    this.#stage.say(`${caller} calls a vote; every node enters with a random value from 1 to 100`)
    const decided = (vote: string): Set<NodeId> => new Set(observed.decisions(vote).map(({ node }) => node))
    await Promise.all([
      client.callVote({ timeoutMs: patienceMs }),
      this.#stage.until('all live nodes have decided', () => {
        const vote = current()
        return vote !== undefined && observed.live.every((id) => decided(vote).has(id))
      }),
    ])
    const vote = current() ?? ''
    const history = observed.decisions(vote)
    const { agreed } = judgeVote(observed, vote, this.#cluster.nowMs)
    const values = observed.values(vote)
    const decidedMs = Math.max(0, Math.max(...history.map(({ atMs }) => atMs)) - calledMs)
    const entered = this.#cluster.nodes.map((id) => `${id} ${values.get(id) ?? '?'}`).join(', ')
    const outcome = agreed === undefined ? 'they do not agree' : `all decide ${agreed.value}`
    this.#stage.say(`${entered}: ${outcome} after ${formatDuration(decidedMs)}`)
    return {
      vote,
      values: Object.fromEntries([...values].sort(([a], [b]) => compareIds(a, b))),
      value: agreed?.value ?? null,
      decidedMs,
    }
  }

  async loseLeader(paceMs: number): Promise<FaultReport> {
    const node = await this.#stage.agreed()
    const atMs = this.#cluster.nowMs
    this.#stage.say(`${node}, the leader, is killed (SIGKILL)`)
    this.#killed = node
    await this.#cluster.kill(node)
    const measured = await this.#measure(node, atMs)
    await this.#cluster.pass(paceMs)
    const backMs = this.#cluster.nowMs
    this.#stage.say(`${node} is started again`)
    this.#cluster.start(node)
    return { fault: 'kill', node, role: 'leader', ...measured, recoveredMs: await this.#back(node, backMs) }
  }

  async loseFollower(paceMs: number): Promise<FaultReport> {
    const leader = await this.#stage.agreed()
    const { nodes } = this.#cluster
    const followers = nodes.filter((id) => id !== leader)
    // Another than the one that was killed, so that not the same has all the trouble.
    const node = followers.find((id) => id !== this.#killed) as NodeId
    await this.#cluster.pass(learningMs)
    const atMs = this.#cluster.nowMs
    this.#stage.say(`${node}, a follower, is stopped (SIGSTOP)`)
    this.#cluster.pause(node)
    const measured = await this.#measure(node, atMs)
    await this.#cluster.pass(paceMs)
    const backMs = this.#cluster.nowMs
    this.#stage.say(`${node} goes on (SIGCONT)`)
    this.#cluster.resume(node)
    return { fault: 'stop', node, role: 'follower', ...measured, recoveredMs: await this.#back(node, backMs) }
  }

  async #measure(node: NodeId, atMs: number): Promise<Pick<FaultReport, 'detectedMs' | 'agreedMs' | 'leader'>> {
    const { observed } = this.#cluster
    await this.#stage.until(`all live nodes suspect ${node}`, () => observed.suspectsEverywhere(node))
    const detectedMs = Math.max(0, (observed.suspectedByAll(node, atMs) ?? atMs) - atMs)
    const leader = await this.#stage.agreed()
    const agreedMs = Math.max(0, this.#stage.agreedSince() - atMs)
    const agreed =
      agreedMs === 0
        ? `${leader} leads on`
        : `all live nodes name ${leader} as leader, ${formatDuration(agreedMs)} after the fault`
    const told: [number, string][] = [
      [detectedMs, `all live nodes suspect ${node}, ${formatDuration(detectedMs)} after the fault`],
      [agreedMs === 0 ? Infinity : agreedMs, agreed],
    ]
    for (const [afterMs, says] of told.sort(([a], [b]) => a - b))
      this.#stage.say(says, Math.min(atMs + afterMs, this.#cluster.nowMs))
    return { detectedMs, agreedMs, leader }
  }

  async #back(node: NodeId, sinceMs: number): Promise<number> {
    const { leader, recoveredMs } = await this.#stage.back(node, sinceMs)
    this.#stage.say(`${node} is back: all trust it and name ${leader}, ${formatDuration(recoveredMs)} later`)
    return recoveredMs
  }
}
