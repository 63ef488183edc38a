import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A place for temporary files, and what is found there: commands that end must leave nothing behind. */
export class TemporaryPlace {
  readonly env: { readonly TMPDIR: string }

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.env = { TMPDIR: folder }
  }

  /** The command lines of processes that were told of this place. */
  get processes(): readonly string[] {
    const all = execFileSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' }).split('\n')
    return all.filter((line) => line.includes(this.env.TMPDIR))
  }

  /** Those of them that are nodes. */
  get nodes(): readonly string[] {
    return this.processes.filter((line) => line.includes(' start '))
  }

  /** The ids of the processes of one node. */
  pids(node: string): readonly number[] {
    const all = execFileSync('ps', ['-ww', '-eo', 'pid,args'], { encoding: 'utf8' }).split('\n')
    return all
      .filter((line) => line.includes(this.env.TMPDIR) && line.includes(` --name ${node} `))
      .map(Number.parseFloat)
  }

  get folders(): readonly string[] {
    return existsSync(this.env.TMPDIR) ? readdirSync(this.env.TMPDIR) : []
  }

  /** Resolves once `condition` holds, or after 20 seconds, and says whether it does. */
  async until(condition: () => boolean): Promise<boolean> {
    for (let tries = 0; tries < 200 && !condition(); tries++) await sleep(100)
    return condition()
  }

  /** Whether, a little later, nothing of it is left. */
  empty(): Promise<boolean> {
    return this.until(() => this.processes.length === 0 && this.folders.length === 0)
  }
}
