import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'

const folder = mkdtempSync(join(tmpdir(), 'quorate-documents-'))
afterAll(() => rmSync(folder, { recursive: true }))

const document = readFileSync(new URL('../../../docs/simulating.md', import.meta.url), 'utf8')
const [ci, kubernetes] = [...document.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
  ([, text]) => parse(text ?? '') as unknown,
)

/** The words that a shell makes of a command line of the document, with these variables. */
function words(command: string, variables: Record<string, string>): string[] {
  writeFileSync(join(folder, 'npx'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 })
  const PATH = `${folder}${delimiter}${process.env['PATH']}`
  return execFileSync('sh', ['-c', command], { env: { PATH, ...variables }, encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

/** What follows a flag. */
const valueOf = (flag: string, all: readonly string[]): string | undefined => all[all.indexOf(flag) + 1]

it('the Indexed Job has as many pods as shards, and its first and last pod run the first and last shard', () => {
  const { spec } = kubernetes as {
    spec: {
      completionMode: string
      completions: number
      template: { spec: { containers: { command: string[]; args: string[] }[] } }
    }
  }
  const [{ command, args }] = spec.template.spec.containers as [{ command: string[]; args: string[] }]
  expect({ mode: spec.completionMode, command }).toEqual({ mode: 'Indexed', command: ['sh', '-c'] })
  for (const [index, shard] of [
    [0, `1/${spec.completions}`],
    [spec.completions - 1, `${spec.completions}/${spec.completions}`],
  ] as const) {
    const run = words(args[0] as string, { JOB_COMPLETION_INDEX: String(index) })
    expect(run.slice(0, 2)).toEqual(['quorate', 'simulate'])
    expect(valueOf('--shard', run)).toBe(shard)
  }
})

it('the matrix in CI has all shards, and each night other seeds', () => {
  const { jobs } = ci as {
    jobs: { simulate: { strategy: { matrix: { shard: number[] } }; steps: { run?: string }[] } }
  }
  const { strategy, steps } = jobs.simulate
  const command = steps.find(({ run }) => run?.includes('quorate simulate'))?.run as string
  const shards = strategy.matrix.shard.map((shard) => {
    const run = words(command.replace('${{ matrix.shard }}', String(shard)), { GITHUB_RUN_NUMBER: '12' })
    expect(valueOf('--seeds', run)).toBe('1200000000..')
    return valueOf('--shard', run)
  })
  const count = strategy.matrix.shard.length
  expect(shards).toEqual(Array.from({ length: count }, (_, place) => `${place + 1}/${count}`))
})
