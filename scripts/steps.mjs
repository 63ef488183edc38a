/** Running commands one after the other or side by side, with their output kept together and their durations shown. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

export const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** The command and arguments that run the workspace's own pnpm: the one that runs this already, or else through npx. */
export function pnpm(...args) {
  return process.env.QUORATE_PNPM === packageManager ? ['pnpm', args] : ['npx', ['--yes', packageManager, ...args]]
}

/** Ends with the exit code and all output; never rejects for a command that fails. */
export function run(command, args, { cwd = root, timeoutMs = 900_000, env = process.env, live = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    // Not the option of `spawn`: its timer goes on when the command does not exist, and keeps this process waiting.
    const timer = setTimeout(() => child.kill(), timeoutMs)
    const end = (result) => {
      clearTimeout(timer)
      resolve(result)
    }
    let output = ''
    const take = (stream) => (chunk) => {
      output += chunk
      if (live) stream.write(chunk)
    }
    child.stdout.setEncoding('utf8').on('data', take(process.stdout))
    child.stderr.setEncoding('utf8').on('data', take(process.stderr))
    child.on('error', (error) => end({ code: 127, output: `${output}${error.message}\n` }))
    child.on('close', (code, signal) => end({ code: code ?? `ended by ${signal}`, output }))
  })
}

/**
 * Runs one named step and prints what it said if it failed; `live` shows it as it comes, `say` is who prints. Tells whether it
 * succeeded.
 */
export async function step(name, command, args, { say = console.log, ...options } = {}) {
  if (options.live) say(`\n── ${name}`)
  const started = performance.now()
  const { code, output } = await run(command, args, options)
  const took = seconds(performance.now() - started)
  if (code === 0) say(`✓ ${name} (${took})`)
  else say(`${options.live ? '' : `\n${output.trimEnd()}\n`}✗ ${name} (${took}, exit ${code})`)
  return code === 0
}

/** As many at a time as `width`, results in the order of the items. */
export async function inParallel(width, items, work) {
  const results = []
  const rest = items.entries()
  const worker = async () => {
    for (const [index, item] of rest) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
