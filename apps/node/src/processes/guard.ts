import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The built file, also for tests that run on sources. */
const program = fileURLToPath(new URL('../../dist/processes/guardian.js', import.meta.url))

/**
 * Makes sure that processes and their folder do not outlive this one, also when it is killed: another process is told of each, and
 * clears up when this one's end of a pipe closes.
 */
export class Guard {
  readonly #guardian: ChildProcess
  readonly #ended: Promise<void>

  constructor(folder: string) {
    // In a session of its own no Ctrl-C meant for this process reaches it.
    this.#guardian = spawn(process.execPath, [program, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    this.#ended = new Promise((resolve) => {
      this.#guardian.once('exit', () => resolve())
      this.#guardian.once('error', () => resolve())
    })
    // A guardian that has ended cannot be told anything; what it is there for is done by `close` of whoever uses it, too.
    this.#guardian.stdin?.on('error', () => {})
    this.#guardian.unref()
  }

  started(pid: number): void {
    this.#tell(`started ${pid}`)
  }

  ended(pid: number): void {
    this.#tell(`ended ${pid}`)
  }

  /** From now on everything is left alone: it may outlive this process. */
  release(): void {
    this.#tell('release')
  }

  /** Ends the guardian, and with it, unless released, whatever it was told of. */
  async close(): Promise<void> {
    this.#guardian.stdin?.end()
    this.#guardian.ref()
    await this.#ended
  }

  #tell(line: string): void {
    this.#guardian.stdin?.write(`${line}\n`)
  }
}
