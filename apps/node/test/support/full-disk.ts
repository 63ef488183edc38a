import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'

/** Why no small file system can be mounted here, or `undefined` when it can. */
export function whyNoMounts(probe: string): string | undefined {
  if (process.platform !== 'linux') return 'tmpfs is a thing of Linux'
  mkdirSync(probe, { recursive: true })
  const { error, status, stderr } = spawnSync('mount', options(probe, 64), { encoding: 'utf8' })
  if (error === undefined && status === 0) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true, force: true })
  if (error !== undefined) return 'the command "mount" is missing'
  return status === 0 ? undefined : `file systems cannot be mounted: ${stderr.trim()}`
}

/** A disk in memory that is soon full. */
export class SmallDisk {
  readonly folder: string

  constructor(folder: string, kibibytes: number) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    run('mount', options(folder, kibibytes))
  }

  resize(kibibytes: number): void {
    run('mount', ['-o', `remount,size=${kibibytes}k`, this.folder])
  }

  /** Whoever uses it must have ended. */
  remove(): void {
    run('umount', [this.folder])
  }
}

function options(folder: string, kibibytes: number): string[] {
  return ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder]
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`)
}
