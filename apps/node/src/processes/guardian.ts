/**
 * A program of its own: it outlives the one that started it, and clears up behind it. However that one ends, its end of the pipe to this
 * one's standard input closes; then every process that is still listed is killed, stopped ones too, and the folder is removed.
 *
 * Its argument is the folder. Its input has lines: `started PID`, `ended PID`, and `release`, after which it leaves everything alone.
 */
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const folder = process.argv[2]
const running = new Set<number>()
let released = false

for await (const line of createInterface({ input: process.stdin })) {
  const [what, pid] = line.split(' ')
  if (what === 'started') running.add(Number(pid))
  else if (what === 'ended') running.delete(Number(pid))
  else if (what === 'release') released = true
}

if (!released) {
  for (const pid of running) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      // It ended by itself, unseen by the one that would have said so.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
