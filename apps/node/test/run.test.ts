import { seededRandom } from '@quorate/core'
import { raftLog } from '@quorate/replication'
import {
  explain,
  printScenario,
  runAgreement,
  runElection,
  runFailureDetector,
  runReplicatedLog,
  scenarioOf,
  sweep,
  type OpenStores,
} from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { naiveThreshold } from '@quorate/voting/exhibits/naive-threshold'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { loadElection, loadFailureDetector } from '../src/algorithms.js'
import { quorate, type Ran } from './support/in-process.js'
import { Workbench } from './support/quorate.js'

const bench = new Workbench()
afterAll(() => bench.close())

type Report = {
  readonly nodes: number
  readonly seed: number
  readonly hash: string
  readonly agreement: boolean
  readonly differs: readonly string[]
  readonly command: string
  readonly [key: string]: unknown
}

const run = (...args: string[]): Promise<Ran> => quorate('run', ...args)

async function json(...args: string[]): Promise<Report & { readonly code: number }> {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect({ stderr, lines: stdout.trimEnd().split('\n').length }).toEqual({ stderr: '', lines: 1 })
  return { ...(JSON.parse(stdout) as Report), code }
}

/** The arguments of a printed command line, as a shell would split it. */
function argumentsOf(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  expect(words.slice(0, 3)).toEqual(['npx', 'quorate', 'run'])
  return words.slice(3)
}

describe('a simulated election', () => {
  it.each(['timestamp', 'bully'])(
    'by %s survives the crash of a node, and says who leads in whose view and when',
    async (algorithm) => {
      const { code, leader, views, leaders, agreement, differs, consistent } = await json(
        'election',
        '--algorithm',
        algorithm,
        '--seed',
        '7',
        '--crash',
        'n5@3s',
      )
      expect({ code, agreement, differs, consistent }).toEqual({
        code: 0,
        agreement: true,
        differs: [],
        consistent: true,
      })
      expect(views).toEqual({ n1: leader, n2: leader, n3: leader, n4: leader, n5: 'down' })
      expect(leader).not.toBe('n5')
      const named = leaders as { node: string; leader: string; atMs: number }[]
      for (const node of ['n1', 'n2', 'n3', 'n4'])
        expect(named.findLast((each) => each.node === node)?.leader).toBe(leader)
      expect(named.every(({ atMs }, index) => atMs >= (named[index - 1]?.atMs ?? 0))).toBe(true)
    },
  )

  it('gets over a partition that ends', async () => {
    const args = ['election', '--seed', '4', '--partition', 'n1,n2|n3,n4,n5@1s..4s']
    const cut = await json(...args, '--max-time', '4001ms')
    const mended = await json(...args)
    expect([cut.agreement, cut.code]).toEqual([false, 1])
    expect([mended.agreement, mended.code]).toEqual([true, 0])
  })

  it('as it was first told ends with one node naming none, which is told with exit code 1', async () => {
    const { code, stdout } = await run(
      'election',
      '--algorithm',
      '@quorate/election/exhibits/as-printed',
      '--seed',
      '1',
    )
    expect(code).toBe(1)
    expect(stdout).toContain(
      'differs: at the end not all live nodes name the same living leader: ' +
        'n1 names n5, n2 names n5, n3 names n5, n4 names n5, n5 names none\n',
    )
    expect(stdout).toContain('✗ consensus: not all live nodes name the same living leader')
  })

  it('prints each crash and restart, and who is down at the end', async () => {
    const { stdout } = await run('election', '--seed', '1', '--crash', 'n2@2s..3s', '--crash', 'n3@5s')
    expect(stdout).toMatch(/^ +2000\.0 ms {2}n2 crashes$/m)
    expect(stdout).toMatch(/^ +3000\.0 ms {2}n2 starts again$/m)
    expect(stdout).toMatch(/^ +5000\.0 ms {2}n3 crashes$/m)
    expect(stdout).toMatch(/^ {2}n3 {2}is down; names none$/m)
  })
})

describe('a simulated vote', () => {
  it.each(['threshold', 'flood-min'])(
    'by %s decides on one of the values, and says what each node had',
    async (algorithm) => {
      const values = { n1: 31, n2: 7, n3: 64, n4: 12, n5: 50 }
      const given = Object.values(values)
      const report = await json('vote', '--algorithm', algorithm, '--seed', '7', '--values', given.join(','))
      expect(report).toMatchObject({ code: 0, agreement: true, differs: [], consistent: true, values })
      // flood-min decides the smallest of all, threshold that of a majority.
      const possible = algorithm === 'flood-min' ? [7] : [7, 12, 31]
      expect(possible).toContain(report['decision'])
      const decisions = report['decisions'] as { node: string; value: number }[]
      expect(new Set(decisions.map(({ node }) => node)).size).toBe(5)
      expect(decisions.every(({ value }) => value === report['decision'])).toBe(true)
    },
  )

  it('draws values from 1 to 100 by the seed', async () => {
    const [one, same, other] = [
      await json('vote', '--seed', '5'),
      await json('vote', '--seed', '5'),
      await json('vote', '--seed', '6'),
    ]
    expect(one['values']).toEqual(same['values'])
    expect(one['values']).not.toEqual(other['values'])
    for (const value of Object.values(one['values'] as object)) expect(value >= 1 && value <= 100).toBe(true)
  })

  it('goes on without nodes that crash in its midst', async () => {
    const { code, decisions } = await json('vote', '--seed', '3', '--crash', 'n2@3ms', '--crash', 'n1@4ms')
    expect(code).toBe(0)
    expect((decisions as unknown[]).length).toBeGreaterThanOrEqual(3)
  })

  it('without a majority decides nothing, which is told with exit code 1', async () => {
    const { code, differs } = await json(
      'vote',
      '--seed',
      '3',
      '--crash',
      'n1@1ms',
      '--crash',
      'n2@1ms',
      '--crash',
      'n3@1ms',
    )
    expect({ code, differs }).toEqual({ code: 1, differs: ['n4, n5 never decided'] })
  })

  it('as it was first told brings all values to the smallest, and decides nothing', async () => {
    const algorithm = '@quorate/voting/exhibits/as-printed'
    const { code, stdout } = await run('vote', '--algorithm', algorithm, '--seed', '1', '--values', '31,7,64,12,50')
    expect(code).toBe(1)
    for (const [node, value] of [
      ['n1', 31],
      ['n2', 7],
      ['n3', 64],
      ['n4', 12],
      ['n5', 50],
    ] as const) {
      expect(stdout).toContain(`\n  ${node}  value ${value}, holds 7, decided nothing\n`)
    }
    expect(stdout).toContain('differs: n1, n2, n3, n4, n5 never decided\n')
  })
})

describe('a simulated failure detector', () => {
  it.each(['phi-accrual', 'timeout'])('%s is told how long it took to suspect who crashed', async (algorithm) => {
    const { code, detections } = await json('detector', '--algorithm', algorithm, '--seed', '2', '--crash', 'n1@2s')
    expect(code).toBe(0)
    expect(detections).toEqual([{ node: 'n1', atMs: 2_000, detectedMs: expect.any(Number) as number }])
    const [{ detectedMs }] = detections as [{ detectedMs: number }]
    expect(detectedMs).toBeGreaterThan(0)
    expect(detectedMs).toBeLessThanOrEqual(1_100)
  })
})

describe('the same seed', () => {
  const flags = [
    '--crash',
    'n2@1s..2s',
    '--partition',
    'n1>n4,n5@3s..4s',
    '--loss',
    '5%',
    '--delay',
    '1ms..9ms',
    '--clock-skew',
    '20ms',
  ]

  it('is the same run, in another process too', async () => {
    const args = ['vote', '--seed', '11', ...flags]
    const here = await json(...args)
    const there = await bench.run(['run', ...args, '--json'])
    expect((JSON.parse(there.stdout) as Report).hash).toBe(here.hash)
    expect((await json('vote', '--seed', '12', ...flags)).hash).not.toBe(here.hash)
  })

  it('is in the printed command, which runs it again', async () => {
    const first = await json('election', ...flags, '--max-time', '6s', '--max-delay', '80ms')
    const { hash, seed } = await json(...argumentsOf(first.command))
    expect({ hash, seed }).toEqual({ hash: first.hash, seed: first.seed })
  })
})

describe('an attack with declared faults', () => {
  it('is the run of the simulator, event by event', async () => {
    const election = runElection(await loadElection('bully'), { nodes: 5, seed: 17 })
    expect(await json(...argumentsOf(election.command))).toMatchObject({
      hash: election.hash,
      events: election.events,
      violations: [],
      code: 0,
    })
    // One that declares faults of disks is run on the log that ships.
    const stores: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024 })
    const raft = runElection(await loadElection('raft'), { nodes: 3, seed: 17, stores })
    const [withoutStores = ''] = raft.command.split(' # ')
    expect((await json(...argumentsOf(withoutStores))).hash).toBe(raft.hash)
    const log = runReplicatedLog(raftLog, {
      nodes: 3,
      seed: 11,
      election: await loadElection('raft'),
      stores: (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 }),
      chaosMs: 600,
    })
    const [withoutElection = ''] = log.command.split(' # ')
    expect((await json(...argumentsOf(withoutElection))).hash).toBe(log.hash)
    const detector = runFailureDetector(await loadFailureDetector('timeout'), {
      nodes: 4,
      seed: 18,
      maxDelayMs: 4,
      chaosMs: 333.5,
    })
    expect((await json(...argumentsOf(detector.command))).hash).toBe(detector.hash)
  })

  it('replays a failing seed from the command that a sweep prints', async () => {
    const { failed } = sweep({ from: 1, to: 500 }, (seed) =>
      runAgreement(naiveThreshold, { nodes: 5, seed, faults: ['loss', 'delay', 'crash-recovery'], maxFaulty: 2 }),
    )
    if (failed === undefined) throw new Error('no seed fails')
    // An exhibit has no short name: a sweep's command names it, its module is where it lies.
    const module = '@quorate/voting/exhibits/naive-threshold'
    const args = argumentsOf(failed.command).map((word) => (word === naiveThreshold.name ? module : word))
    const replayed = await json(...args)
    expect(replayed).toMatchObject({ hash: failed.hash, violations: failed.violations, code: 1, agreement: false })
    expect(replayed.command).toBe(failed.command.replace(naiveThreshold.name, module))
    const { stdout } = await run(...args)
    for (const { property, what } of failed.violations)
      expect(stdout).toMatch(new RegExp(`✗ ${property} at .*: ${what}`))
    expect(explain({ failed })).toContain('replay: npx quorate run vote')
  })

  it('takes recorded delays, and names them in the command', async () => {
    const { hash, command, virtualMs } = await json(
      'election',
      '--seed',
      '3',
      '--faults',
      'loss',
      '--latency',
      'seattle',
    )
    expect(command).toMatch(/ --latency seattle$/)
    expect((await json(...argumentsOf(command))).hash).toBe(hash)
    expect(virtualMs).toBeGreaterThan(100_000)
  })

  it('takes the values of a vote, and names them in the command', async () => {
    const values = [9, 8, 7, 6, 5]
    const { hash, command } = await json('vote', '--seed', '3', '--faults', 'none', '--values', values.join(','))
    const { hash: again } = await json(...argumentsOf(command))
    expect(again).toBe(hash)
    expect((await json('vote', '--seed', '3', '--faults', 'none', '--values', '1,2,3,4,5')).hash).not.toBe(hash)
  })
})

describe('a trace', () => {
  it('has a line of JSON for everything that happened, with messages decoded', async () => {
    const file = bench.path('trace.jsonl')
    await run('election', '--seed', '1', '--crash', 'n2@1s', '--max-time', '2s', '--trace', file)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const entries = lines.map(
      (line) => JSON.parse(line) as { at: number; type: string; channel?: string; message?: object },
    )
    expect(entries.filter(({ type }) => type === 'fault')).toEqual([
      { at: 1_000, type: 'fault', action: { type: 'crash', node: 'n2' } },
    ])
    const sent = entries.filter(({ type, channel }) => type === 'send' && channel === 'election')
    expect(sent.length).toBeGreaterThan(0)
    expect(sent.every(({ message }) => message !== undefined)).toBe(true)
  })

  it('of an attack is written as well', async () => {
    const file = bench.path('attack.jsonl')
    await run('vote', '--seed', '1', '--faults', 'declared', '--trace', file)
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"at":[\d.]+,"type":"send".*"message":\{"type":/m)
  })

  it('that cannot be written is said before the run', async () => {
    const { code, stderr } = await run('election', '--trace', bench.path('no', 'such', 'folder'))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^quorate: QUORATE_FILE_NOT_WRITABLE: --trace .*no\/such\/folder: ENOENT/)
  })
})

describe('a scenario', () => {
  const write = (name: string, text: string): string => {
    const file = bench.path(name)
    writeFileSync(file, text)
    return file
  }

  it('is the run that it was taken from, event by event, on the disks that it had', async () => {
    const definitions = { algorithm: raftLog, election: await loadElection('raft') }
    const stores: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 })
    const scenario = scenarioOf(definitions, { nodes: 3, seed: 4, chaosMs: 400, stores })
    const file = write('log.json', printScenario(scenario))
    const replayed = await json('log', '--scenario', file)
    const { hash } = await json('log', '--nodes', '3', '--seed', '4', '--chaos', '400ms')
    expect(replayed).toMatchObject({ code: 0, hash, scenario: file, seed: 4, nodes: 3, agreement: true })
    expect(await json(...argumentsOf(replayed.command))).toEqual(replayed)
  })

  it('finds its algorithm by the name that it gives, and tells what is violated, with exit code 1', async () => {
    const scenario = scenarioOf({ algorithm: naiveThreshold }, { nodes: 5, seed: 1, faults: [] })
    const named = { ...scenario, algorithm: '@quorate/voting/exhibits/naive-threshold' }
    const { code, stdout } = await run('vote', '--scenario', write('vote.json', printScenario(named)))
    expect(code).toBe(1)
    expect(stdout).toContain('✗ uniform-agreement')
    expect(stdout).toContain(`among 5 nodes, simulated as ${bench.path('vote.json')} says, seed 1`)
  })

  it.each([
    ['vote', [], 'QUORATE_CONFLICTING_FLAGS: run vote does not go with --scenario'],
    ['election', ['--seed', '3'], 'QUORATE_CONFLICTING_FLAGS: --scenario does not go with --seed'],
    ['election', ['--nodes', '5'], 'QUORATE_CONFLICTING_FLAGS: --scenario does not go with --nodes'],
    ['election', ['--real'], 'QUORATE_SIMULATION_ONLY: --scenario'],
  ])('of an election is refused with run %s %j', async (kind, more, says) => {
    const scenario = scenarioOf({ algorithm: await loadElection('bully') }, { nodes: 3, seed: 1, faults: [] })
    const { code, stderr } = await run(kind, '--scenario', write('election.json', printScenario(scenario)), ...more)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(says) })
  })

  it('that is malformed or not there is refused, naming file, line and field', async () => {
    const file = write('bad.json', '{\n  "version": 1,\n  "kind": "vote",\n  "nodes": "three"\n}\n')
    const bad = await run('vote', '--scenario', file)
    expect(bad.stderr).toBe(
      `quorate: QUORATE_INVALID_SCENARIO: ${file}: line 4: nodes is "three"; it must be an integer from 1 to 64\n`,
    )
    const missing = await run('vote', '--scenario', bench.path('none.json'))
    expect(missing.stderr).toContain('QUORATE_FILE_NOT_READABLE: --scenario')
    expect([bad.code, missing.code]).toEqual([1, 1])
  })
})

describe('a diagram', () => {
  it.each([
    [
      'of a run',
      ['election', '--crash', 'n5@200ms', '--max-time', '1s', '--seed', '1'],
      'election by timestamp among 5 nodes, seed 1',
    ],
    ['of an attack', ['vote', '--algorithm', 'naive-threshold', '--faults', 'none', '--seed', '1'], 'decides 39'],
  ])('%s is a page with its messages decoded and the command that draws it again', async (_, args, says) => {
    const file = bench.path('diagram.html')
    const { stdout } = await run(...args, '--diagram', file)
    const page = readFileSync(file, 'utf8')
    expect(page.startsWith('<!doctype html>')).toBe(true)
    expect(page).toContain(says)
    expect(page).toContain('&quot;type&quot;:')
    expect(page).toContain(/npx quorate run .*/.exec(stdout)?.[0])
  })

  it('that cannot be written is said before the run, and of real processes there is none', async () => {
    const unwritable = await run('election', '--diagram', bench.path('none', 'diagram.html'))
    expect(unwritable.stderr).toContain('QUORATE_FILE_NOT_WRITABLE: --diagram')
    const real = await run('election', '--real', '--diagram', bench.path('diagram.html'))
    expect(real.stderr).toContain('QUORATE_SIMULATION_ONLY: --diagram')
  })
})

describe('what cannot be run is refused', () => {
  it.each<[args: string[], says: string]>([
    [
      ['election', '--algorithm', 'timestmap'],
      'QUORATE_UNKNOWN_ALGORITHM: no election "timestmap"; did you mean "timestamp"?',
    ],
    [
      ['vote', '--algorithm', 'timestamp'],
      'QUORATE_UNKNOWN_ALGORITHM: no agreement "timestamp": it is for election. Ours are flood-min, threshold;',
    ],
    [['detector', '--algorithm', 'phi'], 'no failure-detector "phi"; did you mean "phi-accrual"? Ours are'],
    [['election', '--nodes', '0'], 'QUORATE_INVALID_OPTION: --nodes is 0; it must be'],
    [['election', '--nodes', '65'], 'QUORATE_INVALID_OPTION: --nodes is 65'],
    [['election', '--nodes', 'five'], 'QUORATE_INVALID_OPTION: --nodes is "five"'],
    [['election', '--nodes', '2.5'], 'QUORATE_INVALID_OPTION: --nodes is "2.5"'],
    [['election', '--seed', '-1'], 'QUORATE_INVALID_OPTION: --seed is -1'],
    [['election', '--seed', '9007199254740993'], 'QUORATE_INVALID_OPTION: --seed is 9007199254740992'],
    [['election', '--crash', 'n2@30'], 'QUORATE_INVALID_OPTION: --crash is "n2@30"'],
    [['election', '--nodes', '12', '--crash', 'n2@30ms'], 'QUORATE_UNKNOWN_NODE: --crash names "n2"'],
    [
      ['election', '--crash', 'n2@11s'],
      'QUORATE_INVALID_OPTION: --max-time is "10000ms"; it must be longer than the last fault',
    ],
    [['election', '--max-time', '0s'], 'QUORATE_INVALID_OPTION: --max-time is "0s"'],
    [['vote', '--values', '1,2,3'], 'QUORATE_INVALID_OPTION: --values is "1,2,3"; it must be 5 values'],
    [['vote', '--values', '1,2,3,4,1e3'], '"1e3" is none'],
    [
      ['vote', '--max-faulty', '3'],
      'QUORATE_TOO_MANY_FAULTS: threshold among 5 nodes survives at most 2 faulty, not 3; for 3 it takes at least 7 nodes',
    ],
    [['vote', '--algorithm', 'flood-min', '--nodes', '3', '--max-faulty', '3'], 'it takes at least 4 nodes'],
    [['vote', '--max-faulty', '-1'], 'QUORATE_INVALID_OPTION: --max-faulty is -1'],
    [['election', '--values', '1,2,3,4,5'], 'QUORATE_CONFLICTING_FLAGS: --values does not go with run election'],
    [
      ['election', '--faults', 'declared', '--crash', 'n1@1s', '--loss', '0.1'],
      'QUORATE_CONFLICTING_FLAGS: --faults does not go with --crash, --loss',
    ],
    [['election', '--chaos', '1s'], 'QUORATE_CONFLICTING_FLAGS: --chaos does not go with a run without --faults'],
    [
      ['election', '--faults', 'crash-stopp'],
      'QUORATE_UNKNOWN_FAULT: --faults names "crash-stopp", which is no kind of fault; did you mean crash-stop?',
    ],
    [
      ['election', '--faults', 'x'],
      'QUORATE_UNKNOWN_FAULT: --faults names "x", which is no kind of fault. It takes declared',
    ],
    [
      ['election', '--faults', 'byzantine', '--algorithm', '@quorate/election/exhibits/as-printed'],
      'QUORATE_FAULT_NOT_IMPLEMENTED',
    ],
    [
      ['election', '--faults', 'none', '--latency', 'seatle'],
      'QUORATE_INVALID_OPTION: --latency is "seatle"; it must be one of the recordings: seattle; did you mean seattle?',
    ],
    [
      ['election', '--latency', 'seattle'],
      'QUORATE_CONFLICTING_FLAGS: --latency does not go with a run without --faults',
    ],
    [['election', '--real', '--latency', 'seattle'], 'QUORATE_SIMULATION_ONLY: --latency'],
    [
      ['election', '--real', '--loss', '0.1', '--seed', '3'],
      'QUORATE_SIMULATION_ONLY: --loss and --seed: in simulation only',
    ],
    [['log', '--crash', 'n1@1s'], 'QUORATE_CONFLICTING_FLAGS: run log does not go with --crash'],
    [['log', '--real'], 'QUORATE_CONFLICTING_FLAGS: run log does not go with --real'],
    [['election', '--real', '--faults', 'declared'], 'QUORATE_SIMULATION_ONLY: --faults'],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`${says}`)
    expect(stderr).toMatch(/^quorate: QUORATE_[A-Z_]+: [^\n]+\n$/)
  })

  it('a kind that there is none of is a mistake in calling', async () => {
    const { code, stderr } = await run('elections')
    expect(code).toBe(2)
    expect(stderr).toContain("argument value 'elections' is invalid")
  })
})

it('many random seeds and faults all agree in the end', async () => {
  const random = seededRandom(20)
  for (let count = 0; count < 10; count++) {
    const seed = random.integer(1, 1_000_000)
    for (const [kind, algorithm] of [
      ['election', 'timestamp'],
      ['election', 'bully'],
      ['vote', 'threshold'],
    ] as const) {
      const args = [
        kind,
        '--algorithm',
        algorithm,
        '--seed',
        String(seed),
        '--crash',
        `n${random.integer(1, 5)}@${random.integer(1, 3_000)}ms`,
      ]
      const { code, differs, command } = await json(...args)
      expect({ code, differs, command }).toEqual({ code: 0, differs: [], command })
    }
  }
})
