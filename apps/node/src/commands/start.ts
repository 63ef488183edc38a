import { Command, Option } from 'commander'
import { constants } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import type { Flags } from '../config/given.js'
import { normalizeGoFlags, type GoFlags } from '../config/go-flags.js'
import type { Config } from '../config/read-config.js'
import { configFile, settingNames, settings, type Setting } from '../config/settings.js'
import type { NodeLogger, NodeOptions } from '../node-handle.js'
import { version } from '../version.js'

/** Go's flags for what is true or false. */
const switches: ReadonlySet<string> = new Set([
  'client-cert-auth',
  'initial-election-tick-advance',
  'peer-client-cert-auth',
  'pre-vote',
  'strict-reconfig-check',
])

const flags: GoFlags = new Map([
  ...settingNames.map((name) => [name, switches.has(name) ? 'switch' : 'value'] as const),
  [configFile, 'value'],
  ['help', 'switch'],
  ['h', 'switch'],
])

const examples = `
Settings come from flags, then from the file, then from the environment (ETCD_NAME for --name,
QUORATE_MAX_DELAY for --max-delay), then from defaults. Flags are written as etcd's: -name n1, --name n1, --name=n1.
The file is YAML or JSON with the names of the flags as keys; etcd's own files are read, too.

A node of one, for trying things out:
  quorate start --listen-metrics-urls http://localhost:2381

One of three, which serves etcd's clients, and keeps their data:
  quorate start --name n1 --data-dir /var/lib/quorate/n1 \\
    --initial-cluster n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380 \\
    --listen-client-urls http://10.0.0.1:2379

It logs JSON lines on standard error. SIGTERM and SIGINT resign, tell the peers and end with exit code 0; a second one
ends it at once. Exit code 1: it could not start, or had to stop; 2: it was called wrongly.`

/** `quorate start`: runs a node until it is told to stop. */
export function registerStart(program: Command): void {
  const start = new StartCommand('start').copyInheritedSettings(program)
  start.summary('run a node').description('Runs a node: flags, variables and files as etcd has them.')
  start.addOption(new Option(`--${configFile} <file>`, 'settings in YAML or JSON').helpGroup('Settings:'))
  for (const name of settingNames) {
    const { value, whose, help, without } = settings[name] as Setting
    const argument = flags.get(name) === 'switch' ? `[${value}]` : `<${value}>`
    const group = whose === 'etcd' ? 'Settings:' : 'Algorithms and their assumptions:'
    start.addOption(new Option(`--${name} ${argument}`, help).helpGroup(group).hideHelp(without !== undefined))
  }
  start.addHelpText('after', examples)
  start.action(async (_options, command: Command) => {
    // While it loads, V8 would enlarge its nursery to 16 MB and keep it: a node at rest makes little garbage.
    setFlagsFromString('--semi-space-growth-factor=1')
    // Loaded only now: for help and for a mistyped flag a node's libraries are not needed.
    const { readConfig } = await import('../config/read-config.js')
    await run(readConfig(given(command), process.env))
  })
  program.addCommand(start)
}

/** Reads its flags as Go does. */
class StartCommand extends Command {
  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    return super.parseOptions(normalizeGoFlags(args, flags))
  }
}

function given(command: Command): Flags {
  const entries = command.options
    .map(
      (option) => [option.name(), command.getOptionValue(option.attributeName()) as string | true | undefined] as const,
    )
    .filter((entry): entry is [string, string | true] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}

async function run({ node: options, logLevel, warnings }: Config): Promise<void> {
  const { createLogger } = await import('../logging.js')
  const { startNode } = await import('../start-node.js')
  const logger = createLogger({ level: logLevel, node: options.name })
  const crashed = (error: Error): void => {
    logger.error({ error: error.message, stack: error.stack }, 'a defect: the node must not go on in an unknown state')
  }
  // Only watched, not caught: the process still dies of it.
  process.on('uncaughtExceptionMonitor', crashed)
  const signals = new StopSignals(logger)
  try {
    for (const [data, message] of warnings) logger.warn(data, message)
    logger.info({ version, nodeVersion: process.version, pid: process.pid, settings: options }, 'starts')
    const node = await startNode({ ...(await withClients(options)), logger })
    setFlagsFromString('--semi-space-growth-factor=2') // V8's own: under load the nursery may grow
    await Promise.race([signals.first, node.stopped])
    await node.stop()
    await node.stopped
  } finally {
    signals.ignore()
    process.off('uncaughtExceptionMonitor', crashed)
  }
}

/** As etcd, a node serves clients on this machine unless told otherwise. One whose election carries no log has nothing to serve. */
async function withClients(options: NodeOptions): Promise<NodeOptions> {
  const { loadElection } = await import('../algorithms.js')
  const { defaults } = await import('../node-settings.js')
  const election = await loadElection(options.election ?? defaults.election)
  const { clientTls, listenClientUrls = [`${clientTls === undefined ? 'http' : 'https'}://localhost:2379`] } = options
  return election.carriesLog ? { ...options, election, listenClientUrls } : { ...options, election }
}

/** The first SIGTERM or SIGINT asks for a good end, the second ends the process at once. */
class StopSignals {
  readonly first: Promise<void>
  readonly #logger: NodeLogger
  readonly #resolve: () => void
  readonly #listener = (signal: NodeJS.Signals): void => this.#received(signal)
  #asked = false

  constructor(logger: NodeLogger) {
    this.#logger = logger
    let resolve = (): void => {}
    this.first = new Promise((settle) => (resolve = settle))
    this.#resolve = resolve
    process.on('SIGTERM', this.#listener).on('SIGINT', this.#listener)
  }

  ignore(): void {
    process.off('SIGTERM', this.#listener).off('SIGINT', this.#listener)
  }

  #received(signal: NodeJS.Signals): void {
    if (this.#asked) {
      this.#logger.warn({ signal }, `${signal} again: ends at once`)
      process.exit(128 + constants.signals[signal])
    }
    this.#asked = true
    this.#logger.info({ signal }, `${signal}: stops`)
    this.#resolve()
  }
}
