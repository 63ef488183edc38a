import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { agreement, type Answer } from '../src/status/ask-cluster.js'
import { duration, renderStatus } from '../src/status/render.js'
import { coloured, plain, renderTable } from '../src/status/table.js'
import type { RemoteStatus } from '../src/control/control-client.js'
import { agreedLeader, clusterAt, Workbench, type Quorate } from './support/quorate.js'

const ids = ['n1', 'n2', 'n3']

function answer(id: string, leader: string | undefined, more: Partial<RemoteStatus> = {}): Answer {
  const status: RemoteStatus = {
    id,
    incarnation: 1,
    clusterId: 'c0ffee',
    version: '0.1.0',
    role: leader === id ? 'leader' : leader === undefined ? 'candidate' : 'follower',
    leader,
    term: { number: 7, id: 'n1' },
    peers: ids
      .filter((peer) => peer !== id)
      .map((peer) => ({ id: peer, connected: true, verdict: undefined, suspicion: 0.125 })),
    votes: [],
    algorithms: { failureDetector: 'phi-accrual', election: 'timestamp', agreement: 'threshold' },
    uptimeMs: 61_000,
    replicated: undefined,
    members: {},
    ...more,
  }
  return { id, status }
}

const silent = (id: string): Answer => ({ id, error: 'no node answers' })

describe('nodes agree', () => {
  it('when all name the same living one', () => {
    expect(agreement(ids.map((id) => answer(id, 'n2')))).toEqual({
      agreed: true,
      summary: 'all 3 nodes agree: n2 leads',
    })
  })

  it('when there is only one, which leads', () => {
    expect(agreement([answer('n1', 'n1')])).toEqual({ agreed: true, summary: 'the only node, n1, leads' })
  })

  it('when those that answer do', () => {
    expect(agreement([answer('n1', 'n2'), answer('n2', 'n2'), silent('n3')])).toEqual({
      agreed: true,
      summary: '2 of 3 nodes, those that answer, agree: n2 leads',
    })
  })

  it('not on one that does not answer', () => {
    expect(agreement([answer('n1', 'n3'), answer('n2', 'n3'), silent('n3')])).toEqual({
      agreed: false,
      summary: '2 of 3 nodes, those that answer, name n3, which does not answer',
    })
  })

  it('not on one that does not take itself for the leader', () => {
    const { agreed } = agreement([answer('n1', 'n2'), answer('n2', 'n2', { role: 'follower' }), answer('n3', 'n2')])
    expect(agreed).toBe(false)
  })

  it('not while they name different ones, or none', () => {
    expect(agreement([answer('n1', 'n1'), answer('n2', undefined), answer('n3', 'n1')])).toEqual({
      agreed: false,
      summary: 'no agreement: n1 names n1, n2 names none, n3 names n1',
    })
    expect(agreement(ids.map((id) => answer(id, undefined)))).toEqual({
      agreed: false,
      summary: 'all 3 nodes know no leader',
    })
  })
})

describe('the table', () => {
  it('shows how far each node has come, where something is replicated', () => {
    const at = (appliedIndex: number, revision: number) => ({
      replicated: { lastIndex: 12, commitIndex: appliedIndex, appliedIndex, revision, bytes: 100 },
    })
    const text = renderStatus(
      [answer('n1', 'n1', at(12, 9)), answer('n2', 'n1', at(11, 8)), silent('n3')],
      'ok',
      true,
      plain,
    )
    expect(text).toMatch(/^NODE  ROLE +LEADER  TERM  +UPTIME  +APPLIED +REVISION$/m)
    expect(text).toMatch(/^n1 +leader .* 12 +9$/m)
    expect(text).toMatch(/^n2 +follower .* 11 of 12 +8$/m)
  })

  it('has a line for each node, and who suspects whom', () => {
    const votes = [
      { vote: 'v1', value: 9, decision: 4 },
      { vote: 'v2', value: 5, decision: 3 },
      { vote: 'v3', value: 8, decision: undefined },
    ]
    const gone = { id: 'n3', connected: false, verdict: 'gone', suspicion: 4 } as const
    const peers = [{ id: 'n1', connected: true, verdict: undefined, suspicion: 0.5 }, gone]
    const answers = [answer('n1', 'n1', { votes }), answer('n2', undefined, { peers }), silent('n3')]
    expect(renderStatus(answers, 'no agreement', false, plain)).toBe(
      `NODE  ROLE         LEADER  TERM    UPTIME     LAST DECISION
n1    leader       n1      7 (n1)  1 min 1 s  3 in v2
n2    candidate    none    7 (n1)  1 min 1 s  none
n3    unreachable                             no node answers

SUSPICION OF  n1    n2    n3
by n1         -     0.13  0.13
by n2         0.50  -     gone 4.00
by n3         ?     ?     ?

no agreement
`,
    )
  })

  it('is as wide with colours as without', () => {
    const rows = [
      ['A', 'B'],
      [{ text: 'xyz', style: 'red' }, 'b'],
    ] as const
    const escapes = new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, 'g')
    expect(renderTable(rows, coloured).replaceAll(escapes, '')).toBe(renderTable(rows, plain))
    expect(renderTable(rows, coloured)).not.toBe(renderTable(rows, plain))
  })

  it('lets no control character of a node reach the terminal', () => {
    expect(renderTable([['A'], ['\u001B[2Jx\n\u202Ey']], plain)).toBe('A\n\uFFFD[2Jx\uFFFD\uFFFDy\n')
  })

  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_661_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('says of %i ms that it is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text)
  })
})

describe('quorate status', () => {
  const bench = new Workbench()
  const nodes = new Map<string, Quorate>()
  let urls: string[] = []

  beforeAll(async () => {
    const ports = await freeLoopbackPorts(3)
    urls = ports.map((port) => `http://127.0.0.1:${port}`)
    for (const id of ids) {
      const flags = ['--name', id, '--data-dir', bench.path(id), '--initial-cluster', clusterAt(ports)]
      nodes.set(id, bench.start(['start', ...flags]))
    }
    await agreedLeader([...nodes.values()], ids)
  })
  afterAll(() => bench.close())

  it('asks one node for the others, and all for what they see', async () => {
    const { code, stdout, stderr } = await bench.run(['status', '--endpoints', urls[2] as string])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const id of ids) expect(stdout).toMatch(new RegExp(`^${id}    (leader  |follower)  n[123]`, 'm'))
    expect(stdout).toMatch(/^all 3 nodes agree: n[123] leads$/m)
  })

  it('prints JSON', async () => {
    const { code, stdout } = await bench.run(['status', '--json', '--endpoints', urls.join(',')])
    expect(code).toBe(0)
    const { agreed, nodes: seen } = JSON.parse(stdout) as { agreed: boolean; nodes: RemoteStatus[] }
    expect(agreed).toBe(true)
    expect(seen.map(({ id }) => id)).toEqual(ids)
    expect(seen[0]).toMatchObject({
      reachable: true,
      algorithms: { election: 'raft' },
      peers: [{ id: 'n2' }, { id: 'n3' }],
    })
  })

  it('shows a node that does not answer as such, and tries the endpoints in turn', async () => {
    const { stdout: before } = await bench.run(['status', '--json', '--endpoints', urls[0] as string])
    const leader = (JSON.parse(before) as { nodes: { leader: string }[] }).nodes[0]?.leader
    const follower = ids.find((id) => id !== leader) as string
    nodes.get(follower)?.kill('SIGKILL')
    await nodes.get(follower)?.ended
    const others = urls.filter((_, index) => ids[index] !== follower)
    const endpoints = [urls[ids.indexOf(follower)], ...others].join(',')
    const { code, stdout } = await bench.run(['status', '--timeout', '1000', '--endpoints', endpoints])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${follower}    unreachable .*no node answers at`, 'm'))
    expect(stdout).toContain(`2 of 3 nodes, those that answer, agree: ${leader} leads`)
  })

  it("does not take another cluster's node for one of this", async () => {
    const ports = await freeLoopbackPorts(2)
    const one = ['--name', 'n1', '--data-dir', bench.path('one'), '--initial-cluster', clusterAt(ports)]
    const [, url] = ports.map((port) => `http://127.0.0.1:${port}`)
    const other = ['--name', 'n2', '--data-dir', bench.path('other'), '--initial-cluster', `n2=${url}`]
    await Promise.all([one, other].map((flags) => bench.start(['start', ...flags]).ready()))
    const { code, stdout } = await bench.run(['status', '--endpoints', `http://127.0.0.1:${ports[0]}`])
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`^n2    unreachable .*${url} is answered by n2 of cluster [0-9a-f]{16}$`, 'm'))
  })

  it('says, with exit code 1, that nobody answers', async () => {
    const [port] = await freeLoopbackPorts(1)
    const { code, stdout, stderr } = await bench.run([
      'status',
      '--timeout',
      '500',
      '--endpoints',
      `http://127.0.0.1:${port}`,
    ])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^quorate: QUORATE_UNREACHABLE: no node answers at http:\/\/127\.0\.0\.1:\d+/)
  })

  it.each([
    ['a malformed endpoint', ['--endpoints', 'n1'], 'QUORATE_MALFORMED_URL', '"n1"'],
    [
      'a certificate without its key',
      ['--cert', 'c.pem', '--cacert', 'a.pem'],
      'QUORATE_INVALID_OPTION',
      '--key must be given as well',
    ],
  ])('refuses %s', async (_title, args, errorCode, says) => {
    const { code, stderr } = await bench.run(['status', ...args])
    expect(code).toBe(1)
    expect(stderr).toContain(`quorate: ${errorCode}: `)
    expect(stderr).toContain(says)
  })
})
