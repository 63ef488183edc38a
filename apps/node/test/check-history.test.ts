import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

const vectors = resolve(
  import.meta.dirname,
  '../../..',
  process.env['QUORATE_VECTORS'] ?? '../shared/vectors',
  'linearizability',
)
const whyNoVectors = existsSync(vectors) ? undefined : `skipped: no ${vectors}; set QUORATE_VECTORS`

/** Writes a history of Jepsen's log to a file and returns its path. */
function log(name: string, ...lines: readonly string[]): string {
  const file = bench.path(name)
  writeFileSync(file, lines.map((line) => `INFO  jepsen.util - ${line.replaceAll(' | ', '\t')}\n`).join(''))
  return file
}

const good = log(
  'good.log',
  '0 | :invoke | :write | 1',
  '0 | :ok | :write | 1',
  '1 | :invoke | :read | nil',
  '1 | :ok | :read | 1',
)
const bad = log(
  'bad.log',
  '0 | :invoke | :write | 1',
  '0 | :ok | :write | 1',
  '1 | :invoke | :read | nil',
  '1 | :ok | :read | nil',
)

/** Writers that all overlap, and a value that none wrote: every order would have to be tried. */
const hard = log(
  'hard.log',
  ...Array.from({ length: 30 }, (_, process) => `${process} | :invoke | :write | ${process}`),
  ...Array.from({ length: 30 }, (_, process) => `${process} | :ok | :write | ${process}`),
  '0 | :invoke | :read | nil',
  '0 | :ok | :read | 99',
)

const check = (...args: readonly string[]) => bench.run(['check-history', '--model', 'cas-register', ...args])

/** The verdicts that `--json` prints, by file. */
function verdicts(stdout: string): unknown {
  const parsed = JSON.parse(stdout) as { file: string; linearizable: unknown; ms: unknown }[]
  for (const each of parsed) {
    expect(Object.keys(each)).toEqual(['file', 'linearizable', 'ms'])
    expect(each.ms).toBeTypeOf('number')
  }
  return parsed.map(({ file, linearizable }) => [file, linearizable])
}

describe('quorate check-history', () => {
  it('says of each file that it is linearizable, and ends with 0 when all are', async () => {
    const { code, stdout, stderr } = await check(good, good)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.match(/good\.log: linearizable \(2 operations, [^)]+\)\n/g)).toHaveLength(2)
  })

  it('shows what cannot be explained, and ends with 1', async () => {
    const { code, stdout } = await check(good, bad)
    expect(code).toBe(1)
    expect(stdout).toContain('bad.log: not linearizable (2 operations')
    expect(stdout).toContain('no order of operations explains read → nil of client 1')
    expect(stdout).toContain('├')
  })

  it('ends with 2 when one stayed undecided in its time', async () => {
    const { code, stdout } = await check('--timeout', '50ms', good, hard)
    expect(code).toBe(2)
    expect(stdout).toMatch(/hard\.log: undecided: /)
  })

  it('prints one JSON array with --json; a violation wins over what stayed undecided', async () => {
    const { code, stdout, stderr } = await check('--json', '--timeout', '50ms', hard, bad, good)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(verdicts(stdout)).toEqual([
      [hard, 'unknown'],
      [bad, false],
      [good, true],
    ])
  })

  const malformed = log('malformed.log', '0 | :invoke | :write | 1', '0 | :okay | :write | 1')
  const empty = log('empty.log')
  const refusals: [title: string, args: string[], says: string][] = [
    [
      'a malformed line, naming file, line and field',
      ['--model', 'cas-register', good, malformed],
      `QUORATE_MALFORMED_HISTORY: ${malformed}: line 2: type must be :invoke, :ok, :fail or :info, not ":okay"`,
    ],
    [
      'an operation that the model does not have',
      ['--model', 'kv-append', good],
      `QUORATE_MALFORMED_HISTORY: ${good}: line 1: function must be get, append or put, not "write"`,
    ],
    [
      'a history without operations, which would be linearizable whatever was recorded',
      ['--model', 'cas-register', empty],
      `QUORATE_MALFORMED_HISTORY: ${empty}: holds no operation`,
    ],
    ['a file that is not there', ['--model', 'register', '/nowhere'], 'QUORATE_FILE_NOT_READABLE: /nowhere: ENOENT'],
    [
      'a model that there is not',
      ['--model', 'queue', good],
      "QUORATE_USAGE: option '--model <name>' argument 'queue'",
    ],
    ['a missing model', [good], "QUORATE_USAGE: required option '--model <name>' not specified"],
    ['a time without its unit', ['--model', 'register', '--timeout', '5', good], 'QUORATE_INVALID_OPTION: --timeout'],
  ]
  it.each(refusals)('refuses %s, with exit code 3 and no JSON', async (_title, args, says) => {
    const { code, stdout, stderr } = await bench.run(['check-history', '--json', ...args])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain(`quorate: ${says}`)
  })

  it.skipIf(whyNoVectors !== undefined && process.env['CI'] !== 'true')(
    `agrees with all labelled histories${whyNoVectors === undefined ? '' : ` (${whyNoVectors})`}`,
    async () => {
      const registers = resolve(vectors, 'etcd-register')
      const labels = JSON.parse(readFileSync(resolve(registers, 'expected.json'), 'utf8')) as Record<string, boolean>
      const files = Object.keys(labels).map((name) => resolve(registers, name))
      const { code, stdout } = await check('--json', ...files)
      expect(code).toBe(1)
      expect(verdicts(stdout)).toEqual(Object.entries(labels).map(([name, label]) => [resolve(registers, name), label]))

      const texts = readdirSync(resolve(vectors, 'kv')).map((name) => resolve(vectors, 'kv', name))
      const checked = await bench.run(['check-history', '--model', 'kv-append', '--json', ...texts])
      expect(verdicts(checked.stdout)).toEqual(texts.map((name) => [name, name.includes('-ok')]))
    },
  )
})
