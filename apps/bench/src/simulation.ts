import { timestamp } from '@quorate/election/timestamp'
import { phiAccrual } from '@quorate/failure-detection/phi-accrual'
import { nodeIds, Simulation } from '@quorate/simulation'
import { threshold } from '@quorate/voting/threshold'
import { member, type Member } from 'quorate'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Report } from './report.js'
import { median } from './statistics.js'

const rounds = 5

/** Simulates five members, each with detector, election and votes, checking them after every step; counts events and memory. */
export function simulation(millions: number): Report {
  const speeds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { simulation: run, check } = cluster(round)
    const startedMs = performance.now()
    run.run(Infinity, () => run.events >= 1_000_000)
    speeds.push((run.events / (performance.now() - startedMs)) * 1000)
    check()
  }
  const { simulation: long } = cluster(rounds)
  long.run(Infinity, () => long.events >= 1_000_000)
  const early = heapMb()
  const startedMs = performance.now()
  long.run(Infinity, () => long.events >= millions * 1_000_000)
  const seconds = (performance.now() - startedMs) / 1000
  const late = heapMb()
  return {
    name: 'simulation',
    title: 'Five simulated members on one core, each message encoded and decoded, the leaders checked after every step',
    command: `npm run bench -- simulation --millions ${millions}`,
    columns: ['events a second', 'heap after 1 million events', `after ${millions} million`, 'virtual time a second'],
    rows: [
      [
        `${Math.round(median(speeds) / 1000)},000`,
        `${early.toFixed(1)} MB`,
        `${late.toFixed(1)} MB`,
        `${(long.now / 1000 / seconds).toFixed(0)} s`,
      ],
    ],
    data: { eventsPerSecond: median(speeds), speeds, heapMb: { early, late }, millions },
  }
}

function cluster(seed: number): { simulation: Simulation<Member>; check: () => void } {
  const members = nodeIds(5)
  const leaders = new Map<string, string>()
  const options = {
    members,
    heartbeatIntervalMs: 100,
    detectionTimeMs: 1000,
    maxDelayMs: 10,
    failureDetector: phiAccrual,
    election: timestamp,
    agreement: threshold,
  } as unknown as Parameters<typeof member>[0]
  const simulated: Simulation<Member> = new Simulation<Member>({
    seed,
    nodes: members,
    protocol: () => member(options, () => {}),
    afterStep: (id) => {
      // What a campaign checks: the state of the node that took the step, and that no term has two leaders.
      const state = simulated.inspect(id, 'election')
      const { leader, term } = simulated.root(id).election
      if (state === undefined || leader === undefined) return
      const key = `${term.number} ${term.id}`
      const known = leaders.get(key) ?? leader
      if (known !== leader) throw new Error(`term ${key} has two leaders, ${known} and ${leader}`)
      leaders.set(key, known)
    },
  })
  simulated.start()
  return {
    simulation: simulated,
    check: () => {
      if (leaders.size === 0) throw new Error('nobody was ever elected: nothing was measured')
    },
  }
}

/** What is in use after a full collection. */
function heapMb(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed / 1e6
}
