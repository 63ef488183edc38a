import { faults as faultKinds, QuorateError } from '@quorate/core'
import type { Scenario } from '@quorate/simulation'
import { z } from 'zod'
import { attackedKinds, type Attacked } from '../run/attacked.js'
import { usualElection } from '../run/definitions.js'
import { latencyNames } from '../run/latency-name.js'
import { parseNamed, readText } from '../run/scenario-run.js'
import type { CampaignOptions } from './task.js'

/** A run that was kept, and what it was kept for. */
export interface Kept {
  readonly attacked: Attacked
  readonly options: CampaignOptions
  readonly scenario: Scenario | undefined
  readonly seed: number
  readonly nodes: number
  readonly expected: readonly Expected[]
}

/** What a run showed, and is looked for when it is run again. */
export interface Expected {
  /** A property, or the code of an error. */
  readonly about: string
  /** Of a violating run. */
  readonly hash?: string
}

const optional = <T extends z.ZodType>(type: T) => type.optional()
const finding = z.object({
  property: optional(z.string()),
  code: optional(z.string().startsWith('QUORATE_')),
  seed: optional(z.int().min(0)),
  nodes: optional(z.int().min(1).max(64)),
  hash: optional(z.string()),
})
/** What is read of a line that `--json` prints. */
const campaign = z.object({
  kind: z.enum(attackedKinds),
  algorithm: z.string(),
  election: optional(z.string()),
  options: z.object({
    faults: optional(z.array(z.enum(Object.keys(faultKinds) as [keyof typeof faultKinds]))),
    maxFaulty: optional(z.int().min(0)),
    maxDelayMs: optional(z.number().positive()),
    chaosMs: optional(z.number().min(0)),
    latency: optional(z.enum(latencyNames)),
  }),
  scenario: optional(z.record(z.string(), z.unknown())),
  findings: z.array(finding),
})

/**
 * Reads what a campaign has left: a scenario, or, where anything will do, the lines that `--json` prints, of which each finding that has a
 * seed is a run.
 *
 * Throws `QUORATE_FILE_NOT_READABLE`, `QUORATE_INVALID_SCENARIO` and `QUORATE_INVALID_FINDINGS`, naming file, line and field.
 */
export function readKept(file: string, wanted: 'a scenario' | 'anything'): readonly Kept[] {
  const text = readText(wanted === 'a scenario' ? '--scenario' : '--replay', file)
  const [first = ''] = text.split('\n')
  // A scenario has many lines, unless somebody has put it into one; those of --json are whole objects.
  const ofCampaign = parsed(first)
  const isScenario = typeof ofCampaign !== 'object' || ofCampaign === null || 'schedule' in ofCampaign
  if (wanted === 'a scenario' && !isScenario && 'findings' in ofCampaign) {
    const says = `${file}: this is what "quorate simulate --json" printed; give it to --replay`
    throw new QuorateError('QUORATE_INVALID_SCENARIO', says, { file })
  }
  if (wanted === 'a scenario' || isScenario) return [keptScenario(file, text)]
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : keptFindings(file, index + 1, line)))
}

function keptScenario(file: string, text: string): Kept {
  const scenario = parseNamed(file, text)
  const { kind, algorithm, election = usualElection, seed, nodes, violates = [] } = scenario
  return {
    attacked: { kind, algorithm, election },
    options: {},
    scenario,
    seed,
    nodes,
    expected: violates.map((about) => ({ about })),
  }
}

function keptFindings(file: string, line: number, text: string): readonly Kept[] {
  const value = parsed(text)
  const read = campaign.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    const field = value === undefined ? '' : (issue?.path.join('.') ?? '')
    const what = value === undefined ? 'is not JSON' : `${field === '' ? 'it' : field}: ${issue?.message}`
    throw new QuorateError(
      'QUORATE_INVALID_FINDINGS',
      `${file}, line ${line}: ${what}; it must be a line that "quorate simulate --json" printed`,
      { file, line, field },
    )
  }
  const { kind, algorithm, election = usualElection, options, findings } = read.data
  const scenario =
    read.data.scenario === undefined
      ? undefined
      : parseNamed(`${file}, line ${line}, scenario`, JSON.stringify(read.data.scenario))
  const runs = new Map<string, Kept>()
  for (const { property, code, seed, nodes, hash } of findings) {
    const about = property ?? code
    if (about === undefined || seed === undefined || nodes === undefined) continue
    const key = `${seed} ${nodes}`
    const before = runs.get(key)?.expected ?? []
    const expected = [...before, { about, ...(hash !== undefined && { hash }) }]
    const attacked = { kind, algorithm, election }
    runs.set(key, { attacked, options: defined(options), scenario, seed, nodes, expected })
  }
  return [...runs.values()]
}

function defined(options: z.infer<typeof campaign>['options']): CampaignOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
