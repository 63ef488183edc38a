import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { ByTest, Mutant } from '../mutant.js'
import { cacheFolder, packageFolder, root } from '../workspace.js'

export interface Tested {
  readonly caught: boolean
  /** How the test ended, or what came instead. */
  readonly what: string
  readonly seconds: number
}

interface Results {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** Runs one test of a package on the package's sources with the bug in them. That test must fail, and not for want of being found. */
export async function testMutant(
  { id, package: name, edits }: Mutant,
  { package: tested = name, file, test }: ByTest,
): Promise<Tested> {
  mkdirSync(cacheFolder, { recursive: true })
  const output = join(cacheFolder, `test-${id}-${process.pid}.json`)
  const startedAt = performance.now()
  const args = ['run', '--config', join(root, 'apps/mutants/mutated/vitest.config.ts'), '--root', packageFolder(tested)]
  args.push(join('test', file), '--reporter=json', `--outputFile=${output}`, '--testNamePattern', `^${escaped(test)}$`)
  // Whatever runs this may be a test itself, and of another sort.
  const { QUORATE_LAB: _lab, VITEST: _vitest, ...inherited } = process.env
  const env = { ...inherited, QUORATE_MUTANT: JSON.stringify({ package: name, edits }) }
  const said = await exited(join(root, 'node_modules/.bin/vitest'), args, env)
  const seconds = (performance.now() - startedAt) / 1000
  const results = read(output)
  if (results === undefined) return { caught: false, what: `no tests ran: ${said}`, seconds }
  const ended = results.testResults.flatMap(({ assertionResults }) => assertionResults)
  const meant = ended.find(({ fullName }) => fullName === test)
  if (meant === undefined) {
    const why = results.testResults.map(({ message }) => message).join('; ')
    return { caught: false, what: `there is no test "${test}" in ${file}${why === '' ? '' : `: ${why}`}`, seconds }
  }
  // A busy machine is nobody's bug.
  const timedOut = meant.failureMessages?.some((message) => message.includes('Test timed out')) === true
  return { caught: meant.status === 'failed' && !timedOut, what: timedOut ? 'timed out' : meant.status, seconds }
}

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)

function read(file: string): Results | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results
  } catch {
    return undefined
  } finally {
    rmSync(file, { force: true })
  }
}

/** The end of what the program said. */
async function exited(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (said = `${said}${text}`.slice(-2000)))
    child.once('error', reject)
    child.once('close', () => resolve(said))
  })
}
