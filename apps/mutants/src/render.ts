import type { Layer } from './mutant.js'
import type { Attempt, Score, Scored } from './score.js'

/** One mutant as a line or two of text. */
export function line({ mutant, attempts, failure }: Scored): string {
  if (failure !== undefined) return `FAILED  ${mutant.id}\n  ${failure}`
  const caught = attempts.some((attempt) => attempt.caught)
  const by = attempts.map((attempt) => `  ${attemptText(attempt)}`)
  return [`${caught ? 'caught' : 'MISSED'}  ${mutant.id}`, ...by].join('\n')
}

function attemptText({ layer, caught, by, seeds, seconds, what, falseAlarm }: Attempt): string {
  const after = seeds === undefined ? '' : ` after ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`
  const time = `${seconds.toFixed(1)} s`
  if (falseAlarm !== undefined) return `${layer}: finds ${falseAlarm} in what ships, too (${time})`
  if (caught) return `${layer}: ${by}${after}, ${time}`
  return `${layer}: not by ${by}${after}, ${time}; ${what.split('\n')[0]}`
}

/** `layer`: the only one that was run. */
export function summary({ mutants, failed, caught, reachable, simulated }: Score, layer?: Layer): string {
  const run = `${caught} of ${mutants} mutants are caught${failed === 0 ? '' : `; ${failed} could not be run`}`
  if (layer !== undefined) return `${run} by ${layer} alone`
  return (
    `${run}; ` +
    `${simulated} of the ${reachable} that the simulator reaches by simulation alone (${percent(simulated, reachable)})`
  )
}

const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${Math.floor((100 * part) / whole)} %`)

/** The table of the documents. Times vary from run to run and machine to machine, so they are left out of it. */
export function markdown(all: readonly Scored[], score: Score): string {
  const rows = all.map(({ mutant, attempts }) => {
    const cells = attempts
      .filter(({ caught }) => caught)
      .map(({ layer, by, seeds }) => {
        if (layer === 'unit' || layer === 'conformance') return `${layer}: “${by}”`
        if (layer === 'explore') return `explore: \`${by}\``
        return `${layer}: \`${by}\`, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`
      })
    const caught = cells.length === 0 ? '**nothing**' : cells.join('<br>')
    return `| \`${mutant.id}\` | ${mutant.package} | ${escaped(mutant.bug)} | ${escaped(mutant.source)} | ${caught} |`
  })
  return [
    `${summary(score)}.`,
    '',
    '| mutant | package | the bug | known from | caught by |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

const escaped = (text: string): string => text.replaceAll('|', String.raw`\|`)
