import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { requireModule } from '../src/algorithms.js'
import { quorate } from './support/in-process.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

interface Finding {
  readonly property?: string
  readonly code?: string
  readonly seed: number
  readonly seeds: number
  readonly what: string
  readonly hash: string
  readonly command: string
  readonly scenarioFile: string
  readonly diagramFile: string
}

interface Report {
  readonly algorithm: string
  readonly runs: number
  readonly ended: string
  readonly seeds: { readonly last: number }
  readonly findings: readonly Finding[]
}

/** Runs a campaign to its end, in the bench's folder, and returns what it prints as JSON. */
async function simulate(...args: string[]): Promise<{ code: number | null; stderr: string; reports: Report[] }> {
  const { code, stdout, stderr } = await bench.run(['simulate', ...args, '--json'], { cwd: bench.folder })
  const reports = stdout.trimEnd().split('\n')
  return { code, stderr, reports: reports.map((line) => JSON.parse(line) as Report) }
}

/** The arguments of a printed command line. */
const argumentsOf = (command: string): string[] => command.split(' ').slice(2)

/** What does not depend on how long it took. */
function timeless({ reports }: { reports: Report[] }): object[] {
  return reports.map((report) => ({ ...report, elapsedMs: 0, eventsPerSecond: 0 }))
}

const bad = (name: string): string => fileURLToPath(new URL(`fixtures/bad/${name}.mjs`, import.meta.url))

describe('a campaign that finds something', () => {
  const args = ['--vote', 'naive-threshold', '--seeds', '1..60', '--nodes', '3,5']

  it('tells the smallest seed whatever the number of threads, with a command that is the same run, and a scenario', async () => {
    const [one, several] = [await simulate(...args, '--jobs', '1'), await simulate(...args, '--jobs', '3')]
    expect(timeless(several)).toEqual(timeless(one))
    const [report] = one.reports as [Report]
    const [first, second] = report.findings as [Finding, Finding]
    expect({ code: one.code, stderr: one.stderr, ended: report.ended }).toEqual({
      code: 1,
      stderr: '',
      ended: 'violation',
    })
    expect([first.property, second.property]).toEqual(['uniform-agreement', 'agreement'])
    expect(report.runs).toBe(first.seed)

    const again = await quorate(...argumentsOf(first.command), '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ hash: first.hash, violations: [{ property: first.property }, {}] })
    for (let seed = 1; seed < first.seed; seed++) {
      const nodes = seed % 2 === 0 ? '3' : '5'
      const before = ['run', 'vote', '--algorithm', 'naive-threshold', '--faults', 'declared', '--nodes', nodes]
      expect((await quorate(...before, '--seed', String(seed))).code).toBe(0)
    }

    writeFileSync(bench.path('found.json'), `${JSON.stringify(report)}\n`)
    const replayed = await bench.run(['simulate', '--replay', 'found.json'], { cwd: bench.folder })
    expect(replayed.code).toBe(1)
    expect(replayed.stdout).toContain('kept for uniform-agreement: as before, in the same run')

    const scenario = JSON.parse(readFileSync(bench.path(first.scenarioFile), 'utf8')) as Record<string, unknown>
    expect(scenario).toMatchObject({ algorithm: 'naive-threshold', violates: ['uniform-agreement'], schedule: [] })
    const drawn = readFileSync(bench.path(first.diagramFile), 'utf8')
    expect(drawn).toContain('uniform-agreement')
    expect(drawn).toContain(`npx quorate simulate --scenario ${first.scenarioFile}`)
    const rerun = await bench.run(['simulate', '--scenario', first.scenarioFile], { cwd: bench.folder })
    expect(rerun.code).toBe(1)
    expect(rerun.stdout).toContain('kept for uniform-agreement: as before')
  })

  it('has recorded delays when told to, also when it is run again', async () => {
    const { reports } = await simulate(...args, '--latency', 'seattle')
    const [{ findings }] = reports as [Report]
    const [{ command, hash }] = findings as [Finding]
    expect(command).toContain(' --latency seattle')
    expect(JSON.parse((await quorate(...argumentsOf(command), '--json')).stdout)).toMatchObject({ hash })
    writeFileSync(bench.path('far.json'), `${JSON.stringify(reports[0])}\n`)
    const replayed = await bench.run(['simulate', '--replay', 'far.json'], { cwd: bench.folder })
    expect(replayed.stdout).toContain('kept for uniform-agreement: as before, in the same run')
  })

  it('goes on when told to, and counts the seeds', async () => {
    const { code, reports } = await simulate(...args, '--keep-going', '--shard', '1/2')
    const [{ runs, ended, findings }] = reports as [Report]
    expect({ code, runs, ended }).toEqual({ code: 1, runs: 30, ended: 'completed' })
    expect(findings.find(({ property }) => property === 'agreement')?.seeds).toBeGreaterThan(1)
  })
})

describe('algorithms that are none', () => {
  const election = (...names: string[]): string[] => names.flatMap((name) => ['--election', bad(name)])

  it('are told by name, each for what is wrong, and the campaigns go on', async () => {
    const names = [
      'throws',
      'draws',
      'looks-at-the-clock',
      'comes-later',
      'remembers',
      'lacks-a-field',
      'undeclared',
      'exits',
    ]
    const { code, reports } = await simulate(...election(...names, 'prints'), '--seeds', '1..6', '--nodes', '3')
    expect(code).toBe(1)
    expect(reports.map(({ algorithm }) => algorithm)).toEqual([...names, 'prints'].map(bad))
    expect(reports.map(({ findings }) => findings.map(({ code: of, seed, what }) => [of, seed, what]))).toEqual([
      [['QUORATE_RUN_FAILED', 5, expect.stringContaining('it threw Error: a defect of this election, at ')]],
      [
        [
          'QUORATE_NOT_DETERMINISTIC',
          1,
          expect.stringMatching(/^the same seed gave \w+, then \w+: its steps touch Math.random;/),
        ],
      ],
      [['QUORATE_NOT_DETERMINISTIC', 1, expect.stringContaining(': its steps touch Date;')]],
      [['QUORATE_NOT_DETERMINISTIC', 1, expect.stringMatching(/^its steps touch a promise;/)]],
      [['QUORATE_NOT_DETERMINISTIC', 1, expect.stringContaining('something outlives a run')]],
      [['QUORATE_INVALID_DECLARATION', undefined, expect.stringContaining('"lacks-a-field" lacks guarantees')]],
      [['QUORATE_NOT_AN_ALGORITHM', undefined, expect.stringContaining('exports no election')]],
      [['QUORATE_RUN_FAILED', 1, 'it ended its thread']],
      [],
    ])
    expect(reports.map(({ ended }) => ended)).toEqual([
      ...[
        'completed',
        'completed',
        'completed',
        'completed',
        'completed',
        'refused',
        'refused',
        'given up',
        'completed',
      ],
    ])
  })

  it('that do not end a step are ended, and the seeds behind are run', async () => {
    const { code, reports } = await simulate(
      ...election('loops', 'prints'),
      ...['--seeds', '1..6', '--nodes', '3', '--run-timeout', '1s'],
    )
    const [loops, next] = reports as [Report, Report]
    expect({ code, runs: loops.runs, last: loops.seeds.last }).toEqual({ code: 1, runs: 6, last: 6 })
    expect(loops.findings).toMatchObject([{ code: 'QUORATE_ALGORITHM_BLOCKED', seed: 5, seeds: 1 }])
    expect(next).toMatchObject({ runs: 6, findings: [] })
  })
})

it('the module of a package is found by its name, also when it can only be imported', () => {
  const folder = bench.path('node_modules', '@me', 'my-election')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.js'), '')
  const exports = { '.': { import: './index.js' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@me/my-election', type: 'module', exports }))
  const found = requireModule('election', '@me/my-election', bench.folder)
  expect(found).toBe(pathToFileURL(realpathSync(join(folder, 'index.js'))).href)
  expect(requireModule('election', './node_modules/@me/my-election/index', bench.folder)).toBe(found)
})

it('a campaign that is interrupted says what was done', async () => {
  const campaign = bench.start(['simulate', '--election', bad('prints'), '--minutes', '10', '--shard', '2/3', '--json'])
  const printed = new Promise<void>((resolve) => campaign.onChange(resolve))
  await printed
  campaign.kill('SIGINT')
  const { code, stdout } = await campaign.ended
  expect(code).toBe(130)
  expect(JSON.parse(stdout)).toMatchObject({ ended: 'interrupted', shard: { index: 2, count: 3 }, findings: [] })
})

describe('a campaign that cannot be is refused', () => {
  it.each<[args: string[], says: string]>([
    [['--shard', '5/4'], 'QUORATE_INVALID_OPTION: --shard is "5/4"'],
    [['--seeds', '9..1'], 'QUORATE_INVALID_OPTION: --seeds is "9..1"'],
    [
      ['--seeds', '1..'],
      'QUORATE_INVALID_OPTION: --seeds is "1.."; it must be with an end, or together with --minutes',
    ],
    [['--jobs', '0'], 'QUORATE_INVALID_OPTION: --jobs is 0; it must be a number from 1 to 256'],
    [['--jobs', 'all'], 'QUORATE_INVALID_OPTION: --jobs is "all"'],
    [['--nodes', '0'], 'QUORATE_INVALID_OPTION: --nodes is "0"'],
    [['--minutes', '0'], 'QUORATE_INVALID_OPTION: --minutes is "0"'],
    [['--max-faulty', '4'], 'QUORATE_INVALID_OPTION: --max-faulty is 4; it must be a number from 0 to 3'],
    [['--run-timeout', '0s'], 'QUORATE_INVALID_OPTION: --run-timeout is "0s"'],
    [['--faults', 'crash-stopp'], 'QUORATE_UNKNOWN_FAULT: --faults names "crash-stopp"'],
    [
      ['--latency', 'boston'],
      'QUORATE_INVALID_OPTION: --latency is "boston"; it must be one of the recordings: seattle',
    ],
    [['--election', 'raftt'], 'QUORATE_UNKNOWN_ALGORITHM: no election "raftt"; did you mean "raft"?'],
    [
      ['--log', 'raft-log', '--election', 'timeout'],
      'QUORATE_UNKNOWN_ALGORITHM: no election "timeout": it is for failure-detector',
    ],
    [
      ['--scenario', 'x.json', '--nodes', '3'],
      "QUORATE_USAGE: option '--scenario <file>' cannot be used with option '--nodes",
    ],
    [
      ['--replay', 'x.json', '--seeds', '3'],
      "QUORATE_USAGE: option '--replay <file>' cannot be used with option '--seeds",
    ],
    [['--scenario', 'missing.json'], 'QUORATE_FILE_NOT_READABLE: --scenario missing.json: ENOENT'],
    [['--election'], 'QUORATE_USAGE'],
    [['raft'], 'QUORATE_USAGE: too many arguments'],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await quorate('simulate', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`quorate: ${says}`)
  })

  it('takes for a scenario no findings, and says where those go', async () => {
    writeFileSync(bench.path('printed.json'), '{"kind":"vote","algorithm":"x","options":{},"findings":[]}\n')
    const { code, stderr } = await quorate('simulate', '--scenario', bench.path('printed.json'))
    expect(code).toBe(2)
    expect(stderr).toMatch(/QUORATE_INVALID_SCENARIO: .*printed.json: this is what .* give it to --replay/)
  })

  it.each<[what: string, text: string, says: string]>([
    [
      'a scenario with a wrong field',
      '{\n  "version": 1,\n  "kind": "vote",\n  "nodes": "x"\n}',
      'QUORATE_INVALID_SCENARIO: FILE: line ',
    ],
    ['a scenario of another version', '{\n  "version": 2\n}', 'QUORATE_INVALID_SCENARIO: FILE: line 2: version'],
    [
      'findings with a wrong field',
      '{"kind":"vote","algorithm":"x","options":{},"findings":[{"seed":-1}]}',
      'QUORATE_INVALID_FINDINGS: FILE, line 1: findings.0.seed',
    ],
    [
      'findings that are cut off',
      '{"kind":"vote","algorithm":"x","options":{},"findings":[]}\n{"kind"',
      'QUORATE_INVALID_FINDINGS: FILE, line 2: is not JSON',
    ],
  ])('%s', async (_what, text, says) => {
    const file = bench.path('kept.json')
    writeFileSync(file, text)
    const { code, stderr } = await quorate('simulate', '--replay', file)
    expect(code).toBe(2)
    expect(stderr).toContain(`quorate: ${says.replace('FILE', file)}`)
  })
})
