import type { NodeId } from '@quorate/core'
import { judgeDetection } from './detection-verdict.js'
import type { RunOutcome, RunRequest } from './run-request.js'
import { plain, type Paint } from '../status/table.js'
import { timeline } from './timeline.js'
import { judgeElection, judgeVote, strictly, type Statement } from './verdict.js'

/** What a run says at its end, for people and for programs. */
export interface RunReport {
  /** Whether what was to be reached was reached and nothing was violated. */
  readonly holds: boolean
  readonly text: string
  readonly json: object
}

/** `command` runs it again; `undefined` for what cannot be repeated, a run in real processes. */
export function reportRun(outcome: RunOutcome, command: string | undefined, paint: Paint = plain): RunReport {
  const { request, observed, endMs, simulated } = outcome
  const { statements, differs, holds, json } = judge(outcome)
  const mode =
    simulated === undefined
      ? 'in real processes; time begins when all are connected'
      : `simulated, seed ${request.seed}`
  const lines = [`${request.kind} by ${request.algorithm} among ${request.nodes.length} nodes, ${mode}`]
  for (const { atMs, says } of timeline(request.kind, observed.history, request.faults)) {
    lines.push(`${atMs.toFixed(1).padStart(10)} ms  ${says}`)
  }
  lines.push('', ...endState(outcome), '', ...verdictLines(statements, differs, paint))
  if (simulated !== undefined) lines.push('', `${simulated.events} events, hash ${simulated.hash}`)
  if (command !== undefined) lines.push(`again: ${command}`)
  return {
    holds,
    text: lines.join('\n'),
    json: {
      kind: request.kind,
      algorithm: request.algorithm,
      mode: simulated === undefined ? 'real' : 'simulated',
      nodes: request.nodes.length,
      ...(simulated !== undefined && { seed: request.seed, ...simulated, virtualMs: endMs }),
      ...json,
      agreement: holds,
      differs,
      ...(command !== undefined && { command }),
    },
  }
}

/** Statements with a mark each, held, did not or only told, and what differs. */
export function verdictLines(statements: readonly Statement[], differs: readonly string[], paint: Paint): string[] {
  const lines = statements.map(({ about, holds, says }) => `  ${mark(holds, paint)} ${about}: ${says}`)
  if (statements.some(({ about }) => about.endsWith('at every instant'))) lines.push(paint('dim', `    ${strictly}`))
  return [...lines, ...differs.map((difference) => `  ${paint('red', 'differs:')} ${difference}`)]
}

export function mark(holds: boolean | undefined, paint: Paint): string {
  return holds === undefined ? '·' : holds ? paint('green', '✓') : paint('red', '✗')
}

/** The command line that runs a simulation again. */
export function replayCommand(request: RunRequest, flags: readonly string[]): string {
  const { kind, algorithm, nodes, seed } = request
  const parts = [
    'npx quorate run',
    kind,
    '--algorithm',
    quoted(algorithm),
    '--nodes',
    String(nodes.length),
    '--seed',
    String(seed),
  ]
  return [...parts, ...flags.map(quoted)].join(' ')
}

/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w@./:,=%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

interface Judged {
  readonly statements: readonly Statement[]
  readonly differs: readonly string[]
  readonly holds: boolean
  readonly json: object
}

function judge({ request, observed, vote, endMs }: RunOutcome): Judged {
  if (request.kind === 'detector') {
    const { statements, differs, holds, detections } = judgeDetection(observed)
    return {
      statements,
      differs,
      holds,
      json: { detections: detections.map((each) => ({ ...each, detectedMs: each.detectedMs ?? null })) },
    }
  }
  if (request.kind === 'election') {
    const { statements, differs, agreed, consistent, differing } = judgeElection(observed, endMs)
    const leaders = observed.leaders().map(({ atMs, node, value }) => ({ atMs, node, leader: value ?? null }))
    const views = byNode(request.nodes, (id) =>
      observed.live.includes(id) ? (observed.view(id).leader ?? null) : 'down',
    )
    return {
      statements,
      differs,
      holds: agreed !== undefined && consistent,
      json: {
        leader: agreed?.leader ?? null,
        agreedAtMs: agreed?.sinceMs ?? null,
        views,
        leaders,
        consistent,
        differing,
      },
    }
  }
  if (vote === undefined) {
    const differs = ['no node was up to call the vote']
    return { statements: [], differs, holds: false, json: { decision: null, values: {}, decisions: [] } }
  }
  const { statements, differs, agreed, consistent, differing } = judgeVote(observed, vote, endMs)
  const decisions = observed.decisions(vote).map(({ atMs, node, value }) => ({ atMs, node, value }))
  return {
    statements,
    differs,
    holds: agreed !== undefined && consistent,
    json: {
      decision: agreed?.value ?? null,
      agreedAtMs: agreed?.atMs ?? null,
      values: byNode(request.nodes, (id) => observed.values(vote).get(id) ?? null),
      decisions,
      consistent,
      differing,
    },
  }
}

/** One line for each node: whom it names, or with what it went into the vote and what became of that. */
function endState({ request, observed, vote, held }: RunOutcome): string[] {
  const width = Math.max(...request.nodes.map((id) => id.length))
  return request.nodes.map((id) => {
    const up = observed.live.includes(id)
    return `  ${id.padEnd(width)}  ${up ? '' : 'is down; '}${says(id, up)}`
  })

  function says(id: NodeId, up: boolean): string {
    const { leader, suspects } = observed.view(id)
    if (request.kind === 'election') return up ? `names ${leader ?? 'none'}` : 'names none'
    if (request.kind === 'detector') return `suspects ${[...suspects.keys()].sort().join(', ') || 'none'}`
    const value = vote === undefined ? undefined : observed.values(vote).get(id)
    if (vote === undefined || value === undefined) return 'took no part in the vote'
    const decided = observed.decisions(vote).find(({ node }) => node === id)?.value
    const now = held.get(id)
    const holds = decided === undefined && now !== undefined ? `, holds ${now}` : ''
    return `value ${value}${holds}, decided ${decided ?? 'nothing'}`
  }
}

function byNode<T>(nodes: readonly NodeId[], of: (id: NodeId) => T): Record<NodeId, T> {
  return Object.fromEntries(nodes.map((id) => [id, of(id)]))
}
