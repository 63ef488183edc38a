import { spawn, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { launch } from './cluster.js'
import type { Report } from './report.js'

/** Keeps every core busy for `minutes` and counts whom the nodes accuse, none of whom has failed. */
export async function calm(minutes: number): Promise<Report> {
  const cluster = await launch(5)
  const busy: ChildProcess[] = []
  let convictions = 0
  let leaderChanges = 0
  try {
    for (let core = 0; core < availableParallelism(); core++) {
      busy.push(spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }))
    }
    const stopListening = cluster.observed.onRecord((observation) => {
      if (observation.type === 'suspect') convictions++
      if (observation.type === 'leader-changed') leaderChanges++
    })
    await cluster.pass(minutes * 60_000)
    stopListening()
  } finally {
    for (const process of busy) process.kill('SIGKILL')
    await cluster.close()
  }
  return {
    name: 'calm',
    title: `Five nodes for ${minutes} minutes with all ${availableParallelism()} cores kept busy by others`,
    command: `npm run bench -- calm --minutes ${minutes}`,
    columns: ['wrong suspicions', 'changes of the leader'],
    rows: [[String(convictions), String(leaderChanges)]],
    data: { minutes, convictions, leaderChanges },
  }
}
