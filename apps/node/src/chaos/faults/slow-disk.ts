import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Why no system call can be delayed here, or `undefined` when it can. */
export function whyNoSlowDisk(): string | undefined {
  if (process.platform !== 'linux') return 'strace is a thing of Linux'
  const probe = ['-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:delay_enter=1', 'true']
  const { error, status, stderr } = spawnSync('strace', probe, { encoding: 'utf8' })
  if (error !== undefined) return 'the command "strace" is missing: install strace'
  return status === 0 ? undefined : `strace cannot trace: ${stderr.trim()}`
}

/** Delays every sync of a process, while it is attached to it. */
export class SlowDisk {
  readonly #strace: ChildProcess
  readonly #ended: Promise<void>
  readonly #trace: string

  /** `trace`: a file for what strace saw. */
  constructor(pid: number, syncMs: number, trace: string) {
    const calls = 'fdatasync,fsync'
    const inject = `inject=${calls}:delay_enter=${syncMs * 1_000}`
    const args = ['-f', '-qq', '-p', String(pid), '-o', trace, '-e', `trace=${calls}`, '-e', inject]
    this.#trace = trace
    this.#strace = spawn('strace', args, { stdio: 'ignore', detached: true })
    this.#ended = new Promise((resolve) => {
      this.#strace.once('exit', () => resolve())
      this.#strace.once('error', () => resolve())
    })
  }

  /** Lets go of the process, if it still runs. Resolves with how many syncs were delayed. */
  async end(): Promise<number> {
    this.#strace.kill('SIGTERM')
    await this.#ended
    return readFileSync(this.#trace, 'utf8').split('(DELAYED)').length - 1
  }
}
