import { readFileSync } from 'node:fs'

/** What the kernel counts of a process's memory. */
export interface Resident {
  /** All of it, with what is mapped from files. */
  readonly bytes: number
  /** Without what is mapped from files. */
  readonly anonymousBytes: number
}

/** Linux only: other systems have no `/proc`. */
export function resident(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytesOf = (name: string): number => {
    const match = new RegExp(String.raw`^${name}:\s+(\d+) kB$`, 'm').exec(status)
    if (match === null) throw new Error(`/proc/${pid}/status does not say ${name}`)
    return Number(match[1]) * 1024
  }
  return { bytes: bytesOf('VmRSS'), anonymousBytes: bytesOf('RssAnon') }
}

/** Linux counts in ticks of 10 ms for its users, on every machine that Node runs on. */
const ticksPerSecond = 100

/** Seconds of all its threads on a processor since it started, in its own code and in the kernel's. Linux only. */
export function cpuSeconds(pid: number): number {
  return cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** The same from the text of `/proc/PID/stat`. */
export function cpuSecondsIn(stat: string): number {
  // The second field is the program's name in parentheses, which may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  if (!Number.isFinite(ticks)) throw new Error(`no content of /proc/PID/stat: ${stat}`)
  return ticks / ticksPerSecond
}
