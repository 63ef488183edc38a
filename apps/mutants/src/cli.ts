import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { layers, type Layer } from './mutant.js'
import { line, markdown, summary } from './render.js'
import { scoreAll, scoreOf, suffices } from './score.js'
import { mutants } from './table/index.js'

interface Options {
  readonly layer?: Layer
  readonly jobs: number
  readonly json?: true
  readonly markdown?: string
}

/**
 * Runs the mutants that the arguments name, or all, and returns the exit code: 0 when they are caught, and, of all, enough by simulation; 1 when
 * not; 2 when it was called wrongly.
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('mutants')
    .description('Puts known protocol bugs into copies of our packages, one at a time, and says what catches each.')
    .argument('[ids...]', 'which ones; all of them if none is named')
    .addOption(new Option('--layer <layer>', 'only this layer').choices(layers))
    .addOption(
      new Option('--jobs <count>', 'how many at a time').argParser(count).default(availableParallelism(), 'one a core'),
    )
    .option('--json', 'print one object')
    .option('--markdown <file>', 'put the table into a document, between its marks')
  program.exitOverride()
  try {
    program.parse([...args], { from: 'user' })
  } catch (error) {
    // It has said what is wrong, or what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
  const options = program.opts<Options>()
  const unknown = program.args.find((id) => mutants.every((mutant) => mutant.id !== id))
  if (unknown !== undefined) {
    process.stderr.write(`mutants: there is no mutant "${unknown}"; docs/mutants.md lists them\n`)
    return 2
  }
  const { layer } = options
  const lacking = mutants.filter((mutant) => program.args.includes(mutant.id) && layer !== undefined && !mutant[layer])
  if (lacking.length > 0) {
    const ids = lacking.map(({ id }) => id).join(', ')
    process.stderr.write(
      `mutants: nothing in the layer ${layer} is meant to catch ${ids}; leave out --layer, or take another\n`,
    )
    return 2
  }
  if (options.markdown !== undefined && (program.args.length > 0 || layer !== undefined)) {
    process.stderr.write('mutants: --markdown takes the whole table: leave out ids and --layer\n')
    return 2
  }
  const named = mutants.filter(
    (mutant) =>
      (program.args.length === 0 || program.args.includes(mutant.id)) &&
      (layer === undefined || mutant[layer] !== undefined),
  )
  const all = await scoreAll(named, {
    jobs: options.jobs,
    ...(layer === undefined ? {} : { layers: [layer] }),
    told: (scored) => {
      if (options.json !== true) process.stdout.write(`${line(scored)}\n`)
    },
  })
  const score = scoreOf(all)
  if (options.json === true) {
    const rows = all.map(({ mutant: { id, bug, package: of, source }, attempts, failure }) => ({
      id,
      bug,
      package: of,
      source,
      attempts,
      failure,
    }))
    process.stdout.write(`${JSON.stringify({ score, mutants: rows })}\n`)
  } else process.stdout.write(`\n${summary(score, layer)}\n`)
  if (options.markdown !== undefined) refresh(options.markdown, markdown(all, score))
  const complete = named.length === mutants.length && layer === undefined
  return (complete ? suffices(score) : score.caught === score.mutants) ? 0 : 1
}

function refresh(file: string, table: string): void {
  const text = readFileSync(file, 'utf8')
  const [begin, end] = ['<!-- mutants -->', '<!-- /mutants -->']
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} … ${end} to put the table between`)
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`)
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError(`${text} is no count of at least 1`)
  return value
}
