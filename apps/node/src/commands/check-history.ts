import { invalidOption } from '@quorate/core'
import { Argument, Option, type Command } from 'commander'
import { checkFile, historyModels, type FileVerdict, type HistoryModel } from '../history/check-file.js'
import { formatDuration, parseDuration } from '../run/duration.js'
import type { Paint } from '../status/table.js'
import { stdoutPaint } from './stdout-paint.js'

interface CheckHistoryFlags {
  readonly model: HistoryModel
  readonly timeout: string
  readonly json?: true
}

const examples = `
Models:
  register      read, write
  cas-register  read, write, cas: a compare-and-set, whose value is [from to]
  kv-append     get, append, put, each of a :key
A line is the call or the end of an operation, as a map in EDN or as Jepsen logs it (tabs between the fields):
  {:process 0, :type :invoke, :f :append, :key "7", :value "x"}
  INFO  jepsen.util - 0	:invoke	:write	4
One that ends with :info, or not at all, may have taken effect, and may yet.

  quorate check-history --model cas-register run-1.log run-2.log
  quorate check-history --model kv-append --timeout 5m --json history.edn

Exit code 0: all are linearizable; 1: one is not, and what cannot be explained is printed; 2: none is not, but one stayed
undecided; 3: a file cannot be read or is no history, or the command was called wrongly.`

/** `quorate check-history`: whether recorded histories are linearizable. */
export function registerCheckHistory(program: Command): void {
  program
    .command('check-history')
    .summary('check whether recorded histories are linearizable')
    .description(
      'Checks whether recorded histories are linearizable, and shows what cannot be explained where one is not.',
    )
    .addArgument(new Argument('<file...>', 'histories, each checked by itself'))
    .addOption(new Option('--model <name>', 'what was recorded').choices(historyModels).makeOptionMandatory())
    .option('--timeout <time>', 'the longest to check one file', '1m')
    .option('--json', 'print one JSON array')
    .addHelpText('after', examples)
    .action((files: readonly string[], { model, timeout, json }: CheckHistoryFlags) => {
      const timeoutMs = parseDuration('--timeout', timeout)
      if (timeoutMs === 0) throw invalidOption('--timeout', timeout, 'longer than no time')
      const verdicts = files.map((file) => {
        const verdict = checkFile(model, file, timeoutMs)
        if (json !== true) process.stdout.write(textOf(verdict, stdoutPaint()))
        return verdict
      })
      if (json === true)
        process.stdout.write(
          `${JSON.stringify(verdicts.map(({ file, linearizable, ms }) => ({ file, linearizable, ms })))}\n`,
        )
      process.exitCode = exitCodeOf(verdicts)
    })
}

/** A violation is certain, whatever stayed undecided. */
function exitCodeOf(verdicts: readonly FileVerdict[]): number {
  if (verdicts.some(({ linearizable }) => linearizable === false)) return 1
  return verdicts.some(({ linearizable }) => linearizable === 'unknown') ? 2 : 0
}

function textOf({ file, linearizable, ms, operations, explanation = '' }: FileVerdict, paint: Paint): string {
  const after = `${operations} operations, ${formatDuration(ms)}`
  if (linearizable === true) return `${file}: ${paint('green', 'linearizable')} (${after})\n`
  if (linearizable === 'unknown') return `${file}: ${paint('yellow', 'undecided')}: ${explanation} (${after})\n`
  const indented = explanation.replaceAll(/^(?=.)/gm, '  ')
  return `${file}: ${paint('red', 'not linearizable')} (${after})\n\n${indented}\n\n`
}
