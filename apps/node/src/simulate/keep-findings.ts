import { QuorateError } from '@quorate/core'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CampaignResult } from './campaign.js'
import { amount } from './campaign-report.js'
import { CampaignThread, type Ended } from './campaign-thread.js'
import { scenarioCommandLine } from './command-line.js'
import type { Finding } from './findings.js'
import type { Shrunk, ShrinkTask } from './task.js'

/** What shrinking one run may take. */
const maxRuns = 2_000
const budgetMs = 30_000

/**
 * Shrinks the run of each violation and writes what is left of it, and its diagram, to files in `folder`, which the findings that this
 * returns name; where that is not possible, they say why. What one run violates at once is shrunk once. A scenario is what it would be
 * shrunk to, and left alone.
 */
export async function keepFindings(
  result: CampaignResult,
  folder: string,
  signal: AbortSignal,
): Promise<CampaignResult> {
  const { attacked, scenario } = result.request
  if (scenario !== undefined || !result.findings.some(({ property }) => property !== undefined)) return result
  return withThread(result, signal, async (thread) => {
    const findings: Finding[] = []
    const kept: { readonly seed: number; readonly violates: readonly string[]; readonly files: Partial<Finding> }[] = []
    for (const finding of result.findings) {
      const { property, seed, nodes } = finding
      if (property === undefined || seed === undefined || nodes === undefined || signal.aborted) {
        findings.push(finding)
        continue
      }
      let files = kept.find((each) => each.seed === seed && each.violates.includes(property))?.files
      if (files === undefined) {
        const name = [attacked.kind, attacked.algorithm, property, 'seed', seed].join('-').replaceAll(/[^\w]+/g, '-')
        const scenarioFile = join(folder, `${name}.json`)
        const again = scenarioCommandLine(scenarioFile)
        const ended = await shrunk(thread, { shrinks: { seed, nodes }, property, maxRuns, budgetMs, again })
        files = ended.type === 'done' ? write(scenarioFile, ended.result) : { shrunk: `not: ${whyNot(ended)}` }
        if (ended.type === 'done') kept.push({ seed, violates: ended.result.violates, files })
      }
      findings.push({ ...finding, ...files })
    }
    return { ...result, findings }
  })
}

async function withThread<T>(
  { request: { attacked, options, scenario, runTimeoutMs } }: CampaignResult,
  signal: AbortSignal,
  action: (thread: CampaignThread) => Promise<T>,
): Promise<T> {
  const thread = new CampaignThread({ attacked, options, scenario, otherWorld: false }, runTimeoutMs)
  const close = (): void => void thread.close()
  signal.addEventListener('abort', close)
  try {
    return await action(thread)
  } finally {
    signal.removeEventListener('abort', close)
    await thread.close()
  }
}

/** Where a simpler run does not end, the whole one is kept. */
async function shrunk(thread: CampaignThread, task: ShrinkTask): Promise<Ended<Shrunk>> {
  const ended = await thread.perform(task)
  return ended.type === 'blocked' || ended.type === 'died' ? thread.perform({ ...task, maxRuns: 1 }) : ended
}

function whyNot(ended: Exclude<Ended<unknown>, { readonly type: 'done' }>): string {
  switch (ended.type) {
    case 'refused':
      return `${ended.code}: ${ended.message}`
    case 'blocked':
      return 'run again, it did not end'
    case 'died':
      return ended.why
    case 'closed':
      return 'interrupted'
  }
}

function write(scenarioFile: string, { scenario, diagram, from, to, runs }: Shrunk): Partial<Finding> {
  const size = ({ nodes, faults, requests }: typeof from): string =>
    `${amount(nodes, 'node')}, ${amount(faults, 'fault')} and ${amount(requests, 'request')}`
  const says = `from ${size(from)} to ${size(to)}, in ${amount(runs, 'run')}`
  const diagramFile = scenarioFile.replace(/\.json$/, '.html')
  try {
    writeFiles([
      [scenarioFile, scenario],
      [diagramFile, diagram],
    ])
  } catch (error) {
    // The campaign's own result is worth more than this.
    return { shrunk: `${says}; not written: ${error instanceof Error ? error.message : String(error)}` }
  }
  return { shrunk: says, scenarioFile, diagramFile }
}

function writeFiles(files: readonly (readonly [file: string, content: string])[]): void {
  for (const [file, content] of files) {
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new QuorateError('QUORATE_FILE_NOT_WRITABLE', `${file}: ${why}`, { file }, { cause: error })
    }
  }
}
