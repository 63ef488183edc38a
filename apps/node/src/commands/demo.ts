import type { Command } from 'commander'
import { registerDemoElection } from './demo-election.js'

/** `quorate demo`: real processes that fail and recover. */
export function registerDemo(program: Command): void {
  const demo = program.command('demo').summary('watch real processes fail and recover')
  registerDemoElection(demo)
}
