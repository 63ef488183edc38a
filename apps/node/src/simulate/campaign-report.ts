import { printScenario } from '@quorate/simulation'
import { mark } from '../run/run-report.js'
import { formatDuration } from '../run/duration.js'
import type { Paint } from '../status/table.js'
import type { CampaignRequest, CampaignResult } from './campaign.js'
import { scenarioCommandLine } from './command-line.js'
import type { Finding } from './findings.js'
import type { SeedRange } from './seeds.js'
import type { Mark } from './task.js'

/** What a campaign came to, in lines for people. */
export function campaignText({ request, ...result }: CampaignResult, paint: Paint): string {
  const { attacked, seeds, nodes, shard } = request
  const on = attacked.kind === 'log' ? ` on ${attacked.election}` : ''
  const lines = [
    `${attacked.kind} by ${attacked.algorithm}${on} among ${listed(nodes)} nodes, under ${attackText(request)}, ${seedsText(seeds)}` +
      `${shard === undefined ? '' : `, shard ${shard.index}/${shard.count}`}`,
    `  ${amountText(result)}`,
    ...alike(result.findings).flatMap((findings) => findingLines(findings, paint)),
  ]
  if (result.findings.length === 0 && result.runs > 0)
    lines.push(`  ${mark(true, paint)} everything that it guarantees held`)
  for (const { about, hash } of request.expected) {
    const again = result.findings.find(({ property, code }) => (property ?? code) === about)
    const as =
      again?.hash === undefined || hash === undefined
        ? ''
        : again.hash === hash
          ? ', in the same run'
          : ', in another run'
    lines.push(
      `  ${mark(undefined, paint)} kept for ${about}: ${again === undefined ? 'not any more' : `as before${as}`}`,
    )
  }
  const ended = endedText(seeds, result)
  if (ended !== undefined) lines.push(`  ${mark(undefined, paint)} ${ended}`)
  lines.push(...coverageLines(result))
  return lines.join('\n')
}

function attackText({ options: { faults, latency }, scenario }: CampaignRequest): string {
  if (scenario !== undefined) {
    const { schedule, requests } = scenario
    return `a scenario of ${amount(schedule.length, 'fault')} and ${amount(requests.length, 'request')}`
  }
  const struck =
    faults === undefined ? 'the faults that it declares' : faults.length === 0 ? 'no faults' : faults.join(', ')
  return latency === undefined ? struck : `${struck}, delays as recorded in ${latency}`
}

export function amount(count: number, what: string): string {
  return `${counted(count)} ${what}${count === 1 ? '' : 's'}`
}

function amountText({ runs, events, virtualMs, elapsedMs }: Omit<CampaignResult, 'request'>): string {
  const rate = elapsedMs > 0 ? `, ${counted(perSecond(events, elapsedMs))} events a second` : ''
  return `${amount(runs, 'run')}, ${amount(events, 'event')}, ${longTime(virtualMs)} of virtual time in ${formatDuration(elapsedMs)}${rate}`
}

/** Those that one run shows, and that were shrunk to one, together. */
function alike(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups: [Finding, ...Finding[]][] = []
  for (const finding of findings) {
    const group = groups.find(([{ seed, command, shrunk, scenarioFile }]) => {
      const same = seed === finding.seed && command === finding.command
      return same && shrunk === finding.shrunk && scenarioFile === finding.scenarioFile
    })
    if (group === undefined) groups.push([finding])
    else group.push(finding)
  }
  return groups
}

function findingLines(findings: readonly [Finding, ...Finding[]], paint: Paint): string[] {
  const lines = findings.map(({ property, code, seed, nodes, what, seeds }) => {
    const where = seed === undefined ? '' : `, seed ${seed}, ${amount(nodes ?? 0, 'node')}`
    const others = seeds > 1 ? ` (and ${amount(seeds - 1, 'more seed')})` : ''
    return `  ${mark(false, paint)} ${property ?? code}${where}${others}: ${what}`
  })
  const [{ command, hash, ...files }] = findings
  lines.push(`    again: ${command}${hash === undefined ? '' : paint('dim', `  # hash ${hash}`)}`)
  if (files.shrunk !== undefined) lines.push(`    shrunk: ${files.shrunk}`)
  if (files.scenarioFile !== undefined) lines.push(`    scenario: ${scenarioCommandLine(files.scenarioFile)}`)
  if (files.diagramFile !== undefined) lines.push(`    diagram: ${files.diagramFile}`)
  return lines
}

function endedText({ to }: SeedRange, { ended, lastSeed, runs }: Omit<CampaignResult, 'request'>): string | undefined {
  const through = lastSeed === undefined ? 'before the first seed' : `after seed ${lastSeed}`
  switch (ended) {
    case 'violation':
      return lastSeed === to ? undefined : `it ended ${through}; --keep-going goes on`
    case 'given up':
      return `given up ${through}: too many runs did not come to an end`
    case 'interrupted':
      return `interrupted ${through}`
    case 'time':
      return `time was over ${through}`
    case 'refused':
      return `given up ${through}`
    case undefined:
      return runs === 0 ? 'this shard has no seed' : undefined
  }
}

/**
 * What happened how often, and in how many runs: the rarest first, in two columns. What never happened, and could have, is named below: of that
 * the campaign shows nothing. A single run cannot have everything.
 */
function coverageLines({ coverage, runs: allRuns }: Omit<CampaignResult, 'request'>): string[] {
  const all = Object.entries(coverage).sort(([, a], [, b]) => a.runs - b.runs || a.times - b.times)
  const never = all.flatMap(([name, { runs }]) => (runs === 0 ? name : []))
  return [
    ...tableLines(all.slice(never.length)),
    ...(never.length === 0 || allRuns === 1 ? [] : [`  what never happened: ${never.join(', ')}`]),
  ]
}

function tableLines(marks: readonly (readonly [name: string, mark: Mark])[]): string[] {
  if (marks.length === 0) return []
  const width = Math.max(...marks.map(([name]) => name.length))
  const cells = marks.map(
    ([name, { times, runs }]) =>
      `${name.padEnd(width)} ${counted(times).padStart(9)} ${`(${counted(runs)})`.padStart(9)}`,
  )
  const rows = Math.ceil(cells.length / 2)
  const lines = cells.slice(0, rows).map((cell, row) => `    ${cell}    ${cells[rows + row] ?? ''}`.trimEnd())
  return ['  how often what happened (and in how many runs):', ...lines]
}

/** What a campaign came to, for programs. */
export function campaignJson({ request, ...result }: CampaignResult): object {
  const { attacked, options, scenario, seeds, nodes, shard } = request
  const { runs, events, virtualMs, elapsedMs, coverage, findings, lastSeed, ended } = result
  return {
    kind: attacked.kind,
    algorithm: attacked.algorithm,
    ...(attacked.kind === 'log' && { election: attacked.election }),
    nodes,
    options,
    ...(scenario !== undefined && { scenario: JSON.parse(printScenario(scenario)) as unknown }),
    seeds: { from: seeds.from, to: seeds.to === Infinity ? null : seeds.to, last: lastSeed ?? null },
    shard: shard ?? null,
    runs,
    events,
    virtualMs,
    elapsedMs: Math.round(elapsedMs),
    eventsPerSecond: perSecond(events, elapsedMs),
    ended: ended ?? 'completed',
    coverage,
    findings,
  }
}

function perSecond(events: number, elapsedMs: number): number {
  return elapsedMs > 0 ? Math.round((1_000 * events) / elapsedMs) : 0
}

export function counted(count: number): string {
  return count.toLocaleString('en-US')
}

function seedsText({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? `seed ${from}` : `seeds ${from}..${to === Infinity ? '' : to}`
}

function listed(counts: readonly number[]): string {
  return counts.length === 1 ? String(counts[0]) : `${counts.slice(0, -1).join(', ')} or ${counts.at(-1)}`
}

function longTime(ms: number): string {
  if (ms < 60_000) return formatDuration(ms)
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}
