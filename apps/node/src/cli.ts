import { isQuorateError } from '@quorate/core'
import { Command, CommanderError } from 'commander'
import { usageError } from './config/go-flags.js'
import { version } from './version.js'

const examples = `
  quorate start                    a node of one, on http://localhost:2380
  quorate status                   the cluster as each of its nodes sees it
  quorate demo                     three processes that lose their leader and no data
  quorate demo election            five processes that elect, vote, fail and recover
  quorate run vote --nodes 5       a vote, simulated; with --real in five processes
  quorate simulate --election raft an election under attack, seed by seed
  quorate explore log              every schedule of a small world
  quorate chaos --minutes 10       real processes under faults, and what their clients saw checked
  quorate check-history FILE       whether a recorded history is linearizable
  quorate help start               all flags and where else settings may stand`

/** How each command is added. They are loaded one by one, since what `start` needs would delay every `status`. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  start: async () => (await import('./commands/start.js')).registerStart,
  status: async () => (await import('./commands/status.js')).registerStatus,
  run: async () => (await import('./commands/run.js')).registerRun,
  demo: async () => (await import('./commands/demo.js')).registerDemo,
  simulate: async () => (await import('./commands/simulate.js')).registerSimulate,
  explore: async () => (await import('./commands/explore.js')).registerExplore,
  chaos: async () => (await import('./commands/chaos.js')).registerChaos,
  'check-history': async () => (await import('./commands/check-history.js')).registerCheckHistory,
}

/** Exit code of a command that was called wrongly; of one that failed it is 1. */
const usageExitCode = 2
/** Exit code of either where smaller ones are verdicts. */
const errorExitCodes: Readonly<Record<string, number>> = { 'check-history': 3, simulate: 2, explore: 2, chaos: 2 }
const usageErrors: ReadonlySet<string> = new Set([usageError, 'QUORATE_UNKNOWN_FLAG'])

/**
 * Runs the command line and returns the exit code: what the command put in `process.exitCode`, 1 for an error, 2 for one in how it was
 * called; of a command whose verdicts take these, another for both. Errors are printed as `quorate: CODE: message`; anything else that is thrown is a defect and thrown on.
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('quorate')
    .description('Fault tolerance: failure detection, elections and votes among nodes.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', examples)
  try {
    await register(program, args[0])
    await program.parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    const ofErrors = errorExitCodes[args[0] ?? '']
    if (error instanceof CommanderError) {
      // Commander ends by throwing, also when it has only printed help.
      if (error.exitCode === 0) return 0
      printUsageError(error)
      return ofErrors ?? usageExitCode
    }
    if (!isQuorateError(error)) throw error
    process.stderr.write(`quorate: ${error.code}: ${error.message}\n`)
    return ofErrors ?? (usageErrors.has(error.code) ? usageExitCode : 1)
  }
}

/** Adds the command that was called, or all of them for help and for what is mistyped. */
async function register(program: Command, called: string | undefined): Promise<void> {
  const needed = Object.keys(commands).filter((name) => name === called)
  for (const name of needed.length > 0 ? needed : Object.keys(commands)) {
    const add = await commands[name]?.()
    add?.(program)
  }
}

/** Says what commander threw. */
function printUsageError({ code, message }: CommanderError): void {
  // Without a command it has printed the help, on standard error.
  if (code === 'commander.help') return
  const text = message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '')
  process.stderr.write(`quorate: ${usageError}: ${text}; "quorate help" says what there is\n`)
}
