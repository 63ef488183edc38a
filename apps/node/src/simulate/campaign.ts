import type { ErrorCode } from '@quorate/core'
import type { Scenario } from '@quorate/simulation'
import type { Attacked } from '../run/attacked.js'
import { formatDuration } from '../run/duration.js'
import { CampaignThread, type Ended } from './campaign-thread.js'
import type { Finding } from './findings.js'
import type { Expected } from './kept-file.js'
import { SeedPlan, type PlannedRun, type SeedRange, type Shard } from './seeds.js'
import { Tally } from './tally.js'
import type { CampaignOptions, Compared, Mark, RunTask, RunTaskResult, TaskRun } from './task.js'

export interface CampaignRequest {
  readonly attacked: Attacked
  readonly options: CampaignOptions
  /** What every run is, but for its seed, instead of what the seed draws. */
  readonly scenario: Scenario | undefined
  readonly seeds: SeedRange
  readonly nodes: readonly number[]
  readonly shard: Shard | undefined
  /** How many threads run it. */
  readonly jobs: number
  /** When it ends, whatever is left, in milliseconds from its beginning. */
  readonly durationMs: number | undefined
  /** The longest that one run may take, in milliseconds. */
  readonly runTimeoutMs: number
  /** Whether it goes on after a violation. */
  readonly keepGoing: boolean
  /** What this was kept for, if it is run again. */
  readonly expected: readonly Expected[]
  /** A command line that shows a run again, or, without one, what is wrong with all. */
  readonly commandOf: (run: PlannedRun | undefined) => string
}

export interface CampaignProgress {
  readonly runs: number
  /** `Infinity` where it ends by time. */
  readonly ofRuns: number
  readonly elapsedMs: number
  readonly events: number
}

export interface CampaignResult {
  readonly request: CampaignRequest
  readonly runs: number
  readonly events: number
  readonly virtualMs: number
  /** From when the first thread was ready. */
  readonly elapsedMs: number
  readonly coverage: Readonly<Record<string, Mark>>
  readonly findings: readonly Finding[]
  /** The last seed that counts, when all before it in its shard have been run. */
  readonly lastSeed: number | undefined
  /** Why it ended before its last seed. */
  readonly ended: 'violation' | 'given up' | 'refused' | 'interrupted' | 'time' | undefined
}

/** What a campaign needs of a thread. */
export type RunThread = Pick<CampaignThread, 'idle' | 'close'> & {
  perform(task: RunTask): Promise<Ended<RunTaskResult>>
}

/** Runs that are compared with the same ones in another world: the first, and then each of so many. */
const comparedAtFirst = 3
const comparedEvery = 50
/** A run that does not end costs its time and a thread: after so many of them an algorithm is given up. */
const mostLost = 3
const [fewestRuns, mostRuns] = [1, 500]
/** How long a task should take: so much is lost when a run blocks, and so long is waited for at the end. */
const taskMs = 150

/** Some runs in a row: a task of one thread, and, where some are to be compared, of the one in the other world. */
interface Unit {
  readonly runs: readonly TaskRun[]
  begun: boolean
  compareBegun: boolean
  result: RunTaskResult | undefined
  others: readonly Compared[] | undefined
  /** What was found without a result. */
  lost: { readonly code: ErrorCode; readonly what: string } | undefined
}

/**
 * Runs an algorithm under one seed after the other, on several threads. Whatever order they come in, results are taken in order of their
 * seeds: what is counted and found is the same with any number of threads, and the seed that is told is the smallest.
 */
export class Campaign {
  readonly request: CampaignRequest
  readonly #plan: SeedPlan
  readonly #tally: Tally
  readonly #threads: readonly RunThread[]
  readonly #other: RunThread
  /** In order of their seeds, those that are not counted yet. */
  #units: Unit[] = []
  #place = 0
  #runsPerTask = fewestRuns
  #beganMs: number | undefined
  #ended: CampaignResult['ended']
  #finish: () => void = () => {}
  #fail: (error: unknown) => void = () => {}

  /** `threadOf` makes a thread of this world or of another; `onReady` is called once it has the algorithm. */
  constructor(
    request: CampaignRequest,
    threadOf: (otherWorld: boolean, onReady: () => void) => RunThread = threadsOf(request),
  ) {
    this.request = request
    this.#plan = new SeedPlan(request.seeds, request.nodes, request.shard)
    this.#tally = new Tally(request.commandOf)
    const ready = (): void => void (this.#beganMs ??= performance.now())
    this.#threads = Array.from({ length: request.jobs }, () => threadOf(false, ready))
    this.#other = threadOf(true, ready)
  }

  get progress(): CampaignProgress {
    return { ...this.#tally.sums, ofRuns: this.#plan.length, elapsedMs: this.#elapsedMs }
  }

  /** Runs to its end, or until `signal` is aborted: what was found by then is the result. */
  async run(signal: AbortSignal): Promise<CampaignResult> {
    const interrupt = (): void => this.#end('interrupted')
    signal.addEventListener('abort', interrupt)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#finish = resolve
        this.#fail = reject
        if (signal.aborted) interrupt()
        else this.#pump()
      })
    } finally {
      signal.removeEventListener('abort', interrupt)
      await Promise.all([...this.#threads, this.#other].map((thread) => thread.close()))
    }
    const { sums, coverage, findings, lastSeed } = this.#tally
    return {
      request: this.request,
      ...sums,
      elapsedMs: this.#elapsedMs,
      coverage,
      findings: findings.all,
      lastSeed,
      ended: this.#ended,
    }
  }

  get #elapsedMs(): number {
    return this.#beganMs === undefined ? 0 : performance.now() - this.#beganMs
  }

  /** Gives idle threads what there is to do; ends when there is nothing more. */
  #pump(): void {
    for (const thread of this.#threads) {
      if (this.#ended !== undefined || !thread.idle) continue
      const unit = this.#next()
      if (unit === undefined) break
      unit.begun = true
      const beganMs = performance.now()
      this.#carryOut(thread, unit, unit.runs, (ended) => this.#ran(unit, ended, performance.now() - beganMs))
    }
    const unit = this.#units.find(({ compareBegun }) => !compareBegun)
    if (this.#ended === undefined && unit !== undefined && this.#other.idle) {
      unit.compareBegun = true
      const runs = unit.runs.filter(({ compared }) => compared)
      this.#carryOut(this.#other, unit, runs, (ended) => this.#ranElsewhere(unit, runs, ended))
    }
    // A thread may be busy with what was split meanwhile: it has yet to be given what comes next.
    const done = this.#units.length === 0 && this.#threads.every(({ idle }) => idle)
    if (this.#ended !== undefined || done) this.#finish()
  }

  #carryOut(
    thread: RunThread,
    unit: Unit,
    runs: readonly TaskRun[],
    then: (ended: Ended<RunTaskResult>) => void,
  ): void {
    const settled = thread.perform({ runs, keepGoing: this.request.keepGoing }).then((ended) => {
      // One that was split is done anew in its parts.
      if (this.#ended !== undefined || !this.#units.includes(unit)) return
      then(ended)
      this.#count()
    })
    settled.then(() => this.#pump()).catch((error: unknown) => this.#fail(error))
  }

  /** The first unit that no thread has, or a new one; never so many that they grow behind one that takes long. */
  #next(): Unit | undefined {
    const waiting = this.#units.find(({ begun }) => !begun)
    if (waiting !== undefined) return waiting
    const { durationMs = Infinity, jobs } = this.request
    if (this.#units.length >= 8 * jobs || this.#elapsedMs >= durationMs) return undefined
    const runs: TaskRun[] = []
    while (runs.length < this.#runsPerTask) {
      const run = this.#plan.at(this.#place)
      if (run === undefined) break
      const compared = this.#place < comparedAtFirst || this.#place % comparedEvery === 0
      runs.push({ ...run, compared })
      this.#place++
    }
    if (runs.length === 0) return undefined
    const unit = newUnit(runs)
    this.#units.push(unit)
    return unit
  }

  #ran(unit: Unit, ended: Ended<RunTaskResult>, tookMs: number): void {
    switch (ended.type) {
      case 'done': {
        unit.result = ended.result
        const wanted = Math.round((unit.runs.length * taskMs) / Math.max(tookMs, 1))
        this.#runsPerTask = Math.min(mostRuns, 2 * this.#runsPerTask, Math.max(fewestRuns, wanted))
        return
      }
      case 'refused':
        return this.#refused(ended.code, ended.message)
      case 'blocked':
      case 'died':
        return this.#lost(unit, unit.runs, ended)
      case 'closed':
        return
    }
  }

  #ranElsewhere(unit: Unit, runs: readonly TaskRun[], ended: Ended<RunTaskResult>): void {
    switch (ended.type) {
      case 'done':
        unit.others = ended.result.compared
        return
      case 'refused':
        return this.#refused(ended.code, ended.message)
      case 'blocked':
      case 'died':
        return this.#lost(unit, runs, ended)
      case 'closed':
        return
    }
  }

  /** The run that was under way stands by itself; those before and behind it are done anew. */
  #lost(
    unit: Unit,
    runs: readonly TaskRun[],
    ended: Ended<RunTaskResult> & { readonly type: 'blocked' | 'died' },
  ): void {
    const [code, what] =
      ended.type === 'died'
        ? (['QUORATE_RUN_FAILED', ended.why] as const)
        : (['QUORATE_ALGORITHM_BLOCKED', `it did not end within ${formatDuration(ended.afterMs)}`] as const)
    const run = ended.place === undefined ? undefined : runs[ended.place]
    if (run === undefined) return this.#refused(code, `when its module was loaded, ${what}`)
    const at = unit.runs.indexOf(run)
    const parts = [unit.runs.slice(0, at), unit.runs.slice(at + 1)].map((part) => newUnit(part))
    const [before, behind] = parts as [Unit, Unit]
    const own: Unit = { ...newUnit([run]), begun: true, compareBegun: true, lost: { code, what } }
    const place = this.#units.indexOf(unit)
    this.#units.splice(place, 1, ...[before, own, behind].filter((part) => part.runs.length > 0))
  }

  #refused(code: ErrorCode, message: string): void {
    this.#tally.findings.refuse(code, message)
    this.#end('refused')
  }

  /** Counts what is complete, in order. */
  #count(): void {
    while (this.#ended === undefined) {
      const [unit] = this.#units
      if (unit === undefined) break
      const { result, others, lost } = unit
      if (lost !== undefined) {
        this.#tally.lost(unit.runs[0] as PlannedRun, lost)
        if (this.#tally.lostRuns >= mostLost) this.#end('given up')
      } else if (result !== undefined && others !== undefined) {
        this.#tally.add(unit.runs, result, others)
        if (result.stopped) this.#end('violation')
      } else break
      this.#units.shift()
    }
    const { durationMs = Infinity } = this.request
    if (this.#units.length === 0 && this.#elapsedMs >= durationMs) this.#ended ??= 'time'
  }

  #end(why: NonNullable<CampaignResult['ended']>): void {
    this.#ended ??= why
    this.#finish()
  }
}

function newUnit(runs: readonly TaskRun[]): Unit {
  const compares = runs.some(({ compared }) => compared)
  return {
    runs,
    begun: false,
    compareBegun: !compares,
    result: undefined,
    others: compares ? undefined : [],
    lost: undefined,
  }
}

function threadsOf({ attacked, options, scenario, runTimeoutMs }: CampaignRequest) {
  return (otherWorld: boolean, onReady: () => void): RunThread =>
    new CampaignThread({ attacked, options, scenario, otherWorld }, runTimeoutMs, onReady)
}
