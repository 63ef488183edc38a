import { QuorateError } from '@quorate/core'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const targetNames = ['etcd', 'ours'] as const
export type TargetName = (typeof targetNames)[number]

/** A program that is measured. Both take etcd's arguments, the same ones. */
export interface Target {
  readonly name: TargetName
  /** The program, and what stands before etcd's arguments. */
  readonly command: readonly [string, ...string[]]
}

/** What to measure. */
export interface TargetChoice {
  readonly targets: readonly TargetName[]
  /** Another program in our node's place, with its first arguments: `etcd` compares etcd with itself, which shows the noise. */
  readonly ours?: string
  /** A folder for CPU profiles of our nodes, one file each, written when they end. */
  readonly cpuProfile?: string
}

const ourProgram = join(dirname(fileURLToPath(import.meta.resolve('quorate/package.json'))), 'bin', 'quorate.js')

/** The programs to measure, etcd first. Throws `QUORATE_BENCH_NEEDS` when one is not installed. */
export function chosenTargets(choice: TargetChoice): readonly Target[] {
  const chosen = targetNames.filter((name) => choice.targets.includes(name))
  const targets = chosen.map((name): Target => ({ name, command: name === 'etcd' ? ['etcd'] : ourCommand(choice) }))
  for (const { command } of targets) requireProgram(command[0])
  return targets
}

/** Throws `QUORATE_BENCH_NEEDS` when the program cannot be started. */
export function requireProgram(program: string): void {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' })
  if (error === undefined) return
  throw new QuorateError(
    'QUORATE_BENCH_NEEDS',
    `cannot start ${program} (${error.message}); the kv benchmarks need etcd and h2load: apt-get install etcd-server nghttp2-client`,
    { program },
    { cause: error },
  )
}

function ourCommand({ ours, cpuProfile }: TargetChoice): readonly [string, ...string[]] {
  const [program, ...args] = ours?.split(' ') ?? []
  if (program !== undefined) return [program, ...args]
  const profiling = cpuProfile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfile}`]
  return [process.execPath, ...profiling, ourProgram, 'start']
}

/** The part of a benchmark's command line that says what is measured. */
export function targetFlags({ targets, ours, cpuProfile }: TargetChoice): string {
  return [
    targets.length === targetNames.length ? '' : ` --targets ${targets.join(',')}`,
    ours === undefined ? '' : ` --ours ${ours.includes(' ') ? `'${ours}'` : ours}`,
    cpuProfile === undefined ? '' : ` --cpu-profile ${cpuProfile}`,
  ].join('')
}

/** A program as a table names it. */
export function targetTitle(target: Target, { ours }: TargetChoice): string {
  return target.name === 'ours' && ours !== undefined ? `ours (${ours})` : target.name
}
