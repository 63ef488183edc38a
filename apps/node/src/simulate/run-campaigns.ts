import type { QuorateError } from '@quorate/core'
import type { Paint } from '../status/table.js'
import { Campaign, type CampaignRequest, type CampaignResult } from './campaign.js'
import { campaignJson, campaignText, counted } from './campaign-report.js'
import { keepFindings } from './keep-findings.js'
import { ProgressLine, type Progress } from './progress-line.js'

export interface CampaignsOptions {
  /** How long all together may take. */
  readonly minutes: number | undefined
  /** Where what is found is kept. */
  readonly folder: string
  readonly json: boolean
  readonly paint: Paint
  readonly signal: AbortSignal
}

/**
 * Runs one campaign after the other, each with its share of what is left of the time, and prints what each came to. Returns whether
 * nothing was found. Throws the reason of `signal` when it is aborted, once what was done by then is printed.
 */
export async function runCampaigns(
  requests: readonly CampaignRequest[],
  { minutes, folder, json, paint, signal }: CampaignsOptions,
): Promise<boolean> {
  const endsAtMs = minutes === undefined ? undefined : performance.now() + 60_000 * minutes
  let found = 0
  for (const [place, request] of requests.entries()) {
    const leftMs = endsAtMs === undefined ? undefined : Math.max(0, endsAtMs - performance.now())
    const durationMs = leftMs === undefined ? undefined : leftMs / (requests.length - place)
    const result = await keepFindings(await watched(new Campaign({ ...request, durationMs }), signal), folder, signal)
    found += result.findings.length
    process.stdout.write(`${json ? JSON.stringify(campaignJson(result)) : campaignText(result, paint)}\n`)
    if (signal.aborted) throw signal.reason as QuorateError
  }
  return found === 0
}

async function watched(campaign: Campaign, signal: AbortSignal): Promise<CampaignResult> {
  const line = process.stderr.isTTY ? new ProgressLine(process.stderr, () => progressOf(campaign)) : undefined
  try {
    return await campaign.run(signal)
  } finally {
    line?.end()
  }
}

function progressOf({ progress, request }: Campaign): Progress {
  const { runs, ofRuns, elapsedMs, events } = progress
  const { kind, algorithm } = request.attacked
  const rate = elapsedMs > 0 ? Math.round((1_000 * events) / elapsedMs) : 0
  const of = ofRuns === Infinity ? '' : `/${counted(ofRuns)}`
  const part = Math.max(runs / ofRuns, elapsedMs / (request.durationMs ?? Infinity))
  const says = `${kind} by ${algorithm}: ${counted(runs)}${of} runs, ${counted(rate)} events a second`
  return { part, elapsedMs, says }
}
