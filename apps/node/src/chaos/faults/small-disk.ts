import { QuorateError } from '@quorate/core'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '../../processes/node-process.js'

/** Enough for what a node writes in a run; etcd sets 128 MiB aside at once. */
const mebibytes = 256

/** Root needs no user namespace, and could not use one everywhere. */
const isRoot = process.getuid?.() === 0
const unshare = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount'] as const
const script = `mount -t tmpfs -o size=${mebibytes}m tmpfs "$0" && echo mounted && exec cat`

/** Why no small disk can be had here, or `undefined` when it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'it takes the namespaces of Linux'
  const [command, ...args] = [...unshare, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'] as [string, ...string[]]
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) return 'the command "unshare" is missing: install util-linux'
  return status === 0 ? undefined : `no file system can be mounted: ${stderr.trim()}`
}

/**
 * A disk in memory, mounted over a folder in a mount namespace of its own: only processes that are run `within` see it. A process that waits
 * for the end of its input holds the namespace, so it is gone when this one is, however it ends.
 */
export class SmallDisk {
  readonly folder: string
  readonly #holder: ChildProcess
  readonly #filler: string

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder
    this.#holder = holder
    this.#filler = join(`/proc/${holder.pid}/root`, folder, 'filler')
  }

  /** Rejects with `QUORATE_CHAOS_NO_SMALL_DISK`. */
  static async mount(folder: string): Promise<SmallDisk> {
    mkdirSync(folder, { recursive: true })
    const [command, ...args] = [...unshare, 'sh', '-c', script, folder] as [string, ...string[]]
    // Detached, so that a Ctrl-C in the terminal does not take the disk from under the node.
    const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let said = ''
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve())
      holder.once('error', reject)
      holder.once('exit', () =>
        reject(
          new QuorateError('QUORATE_CHAOS_NO_SMALL_DISK', `no file system could be mounted at ${folder}: ${said}`, {
            folder,
          }),
        ),
      )
    })
    return new SmallDisk(folder, holder)
  }

  /** The command, run where this disk is seen. The process is the same. */
  within({ file, args, env }: Command): Command {
    const user = isRoot ? [] : ['--user', '--preserve-credentials']
    const enter = ['--target', String(this.#holder.pid), ...user, '--mount', '--', file]
    return { file: 'nsenter', args: [...enter, ...args], ...(env !== undefined && { env }) }
  }

  /** Takes all room there is. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'w')
    try {
      for (let bytes = Buffer.alloc(8 * 1024 * 1024); bytes.length > 0;) {
        try {
          await file.write(bytes)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          // Then the rest, down to the last byte.
          bytes = bytes.subarray(0, Math.floor(bytes.length / 16))
        }
      }
    } finally {
      await file.close()
    }
  }

  async makeRoom(): Promise<void> {
    await rm(this.#filler, { force: true })
  }

  /** Whoever uses it must have ended. */
  async remove(): Promise<void> {
    const exited = new Promise((resolve) => this.#holder.once('exit', resolve))
    this.#holder.stdin?.end()
    await exited
  }
}
