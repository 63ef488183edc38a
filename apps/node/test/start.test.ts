import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'
import { agreedLeader, clusterAt, Workbench, type Quorate } from './support/quorate.js'

const bench = new Workbench()
afterEach(() => bench.endAll())
afterAll(() => bench.close())

let folders = 0
const newFolder = (): string => bench.path(`data-${folders++}`)

/** Flags of a node of one on a free port, which serves metrics. */
async function alone(...more: string[]): Promise<{ args: string[]; url: string; dataDir: string }> {
  const [port] = await freeLoopbackPorts(1)
  const url = `http://127.0.0.1:${port}`
  const dataDir = newFolder()
  const args = ['start', '--data-dir', dataDir, '--initial-cluster', `default=${url}`]
  return { args: [...args, '--listen-metrics-urls', 'http://127.0.0.1:0', ...more], url, dataDir }
}

async function metricsUrl(node: Quorate): Promise<string> {
  const { metricsUrls } = await node.ready()
  return (metricsUrls as string[])[0] as string
}

/** Resolves once there is somebody who says that all is well. */
async function answers(url: string): Promise<void> {
  for (;;) {
    const well = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (well) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('quorate start', () => {
  it('logs JSON lines on standard error, serves metrics and health, and ends with exit code 0 on SIGTERM', async () => {
    const { args, url } = await alone()
    const node = bench.start(args)
    const ready = await node.ready()
    expect(ready).toMatchObject({ level: 'info', node: 'default', peerUrls: [url] })
    await node.logged(({ type, leader }) => type === 'leader-changed' && leader === 'default')
    const metrics = await metricsUrl(node)
    expect(await (await fetch(`${metrics}/livez`)).text()).toBe('ok\n')
    const readiness = await fetch(`${metrics}/readyz?verbose`)
    expect(await readiness.text()).toContain('[+]leader ok\n')
    expect(await (await fetch(`${metrics}/metrics`)).text()).toMatch(/^quorate_election_leader 1$/m)
    node.kill('SIGTERM')
    const { code, stdout, stderr } = await node.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('"msg":"default has stopped"')
  })

  it('ends at once on a second signal', async () => {
    const { args } = await alone()
    const node = bench.start(args)
    // A request that never ends holds up the good end for a while, so that both signals come before it.
    const socket = connect(Number(new URL(await metricsUrl(node)).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET /metrics HTTP/1.1\r\nhost: here\r\n')
    await once(socket, 'connect')
    node.kill('SIGTERM')
    node.kill('SIGINT')
    const { code, stderr } = await node.ended
    expect([128 + 2, 128 + 15]).toContain(code)
    expect(stderr).toMatch(/(SIGTERM|SIGINT) again: ends at once/)
    expect(stderr).not.toContain('has stopped')
  })

  it('writes no line below its log level', async () => {
    const [port] = await freeLoopbackPorts(1)
    const metrics = `http://127.0.0.1:${port}`
    const { args } = await alone('--log-level', 'error', '--listen-metrics-urls', metrics)
    const node = bench.start(args)
    await answers(`${metrics}/readyz`)
    node.kill('SIGTERM')
    expect((await node.ended).stderr).toBe('')
  })

  it('takes settings from a file, from flags with one dash, and from the environment', async () => {
    const [port] = await freeLoopbackPorts(1)
    const path = bench.path('quorate.yaml')
    writeFileSync(path, `name: from-file\ninitial-cluster: from-file=http://127.0.0.1:${port}\nmax-delay: 70\n`)
    const node = bench.start(['start', '-config-file', path, '-data-dir', newFolder()], {
      env: { ETCD_ELECTION_TIMEOUT: '800', QUORATE_CLOCK_ERROR: '7', ETCD_NAME: 'ignored', ETCD_NAM: 'n1' },
    })
    const { settings } = await node.logged(({ msg }) => msg === 'starts')
    expect(settings).toMatchObject({ name: 'from-file', maxDelayMs: 70, electionTimeoutMs: 800, clockErrorMs: 7 })
    const warning = await node.logged(({ level }) => level === 'warn')
    expect(warning.msg).toBe('the variable ETCD_NAM sets nothing; did you mean ETCD_NAME?')
    await node.ready()
  })

  it('three of them elect a leader, and another one when that is told to stop', async () => {
    const ports = await freeLoopbackPorts(3)
    const nodes = new Map(
      [1, 2, 3].map((number) => {
        const flags = ['--name', `n${number}`, '--data-dir', newFolder(), '--initial-cluster', clusterAt(ports)]
        return [`n${number}`, bench.start(['start', ...flags])]
      }),
    )
    const first = await agreedLeader([...nodes.values()], [...nodes.keys()])

    const leader = nodes.get(first) as Quorate
    leader.kill('SIGTERM')
    expect((await leader.ended).code).toBe(0)
    nodes.delete(first)
    // Resolves only once both name the same one of them.
    await agreedLeader([...nodes.values()], [...nodes.keys()])
  })
})

describe('an algorithm of the user', () => {
  it('is loaded from the working directory by its path, and a defect in it ends the process, logged', async () => {
    const module = fileURLToPath(new URL('fixtures/failing-election.mjs', import.meta.url))
    const { args } = await alone('--election', `./${basename(module)}`)
    const node = bench.start(args, { cwd: dirname(module) })
    await node.ready()
    const { code, stderr } = await node.ended
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^quorate: QUORATE_ALGORITHM_FAILED: the election "failing" threw in timeout: a defect of this election; the node stops/m,
    )
    const { stack } = await node.logged(({ level, msg }) => level === 'error' && msg === 'it threw in a step')
    expect(stack).toContain('failing-election.mjs')
  })
})

describe('quorate start refuses, with exit code 1 and one line,', () => {
  const cases: [title: string, args: string[], code: string, says: string][] = [
    [
      'a malformed URL',
      ['--listen-peer-urls', 'localhost:2380'],
      'QUORATE_MALFORMED_URL',
      '--listen-peer-urls: "localhost:2380"',
    ],
    [
      'a URL that two members share',
      ['--initial-cluster', 'default=http://localhost:2380,n2=http://localhost:2380'],
      'QUORATE_DUPLICATE_URL',
      '"default" and "n2" both have http://localhost:2380',
    ],
    [
      'a name that is not in the initial cluster',
      ['--name', 'n4', '--initial-cluster', 'n1=http://localhost:2380'],
      'QUORATE_NOT_IN_CLUSTER',
      '--name is "n4"',
    ],
    [
      'an advertised URL that the others would not use',
      ['--initial-advertise-peer-urls', 'http://localhost:1', '--initial-cluster', 'default=http://localhost:2'],
      'QUORATE_ADVERTISE_MISMATCH',
      '--initial-cluster must include default=http://localhost:1',
    ],
    [
      'a value outside its domain',
      ['--heartbeat-interval', '60001'],
      'QUORATE_INVALID_OPTION',
      '--heartbeat-interval is "60001"; it must be a whole number of milliseconds from 1 to 60000',
    ],
    [
      'an unknown algorithm, naming the nearest',
      ['--election', 'timestmp'],
      'QUORATE_UNKNOWN_ALGORITHM',
      'no election "timestmp"; did you mean "timestamp"?',
    ],
    [
      'an algorithm of another kind',
      ['--agreement', '@quorate/election/bully'],
      'QUORATE_NOT_AN_ALGORITHM',
      '@quorate/election/bully',
    ],
    [
      'clients where nothing is replicated',
      ['--election', 'bully', '--listen-client-urls', 'http://localhost:2379'],
      'QUORATE_ELECTION_CARRIES_NO_LOG',
      'the election "bully" cannot carry a replicated log: it has no durable terms',
    ],
    [
      'to join a cluster that runs',
      ['--initial-cluster-state', 'existing'],
      'QUORATE_NOT_IMPLEMENTED',
      '--initial-cluster-state is "existing"',
    ],
    ['a file that is not there', ['--config-file', 'nowhere.yaml'], 'QUORATE_CONFIG_FILE', 'nowhere.yaml'],
    [
      'certificates that are not there',
      ['--peer-cert-file', 'c.pem', '--peer-key-file', 'k.pem', '--peer-trusted-ca-file', 'a.pem'],
      'QUORATE_BAD_CERTIFICATE',
      'c.pem',
    ],
  ]

  it.each(cases)('%s', async (_title, args, code, says) => {
    expectRefusal(await bench.run(['start', '--data-dir', newFolder(), ...args]), code, says)
  })

  it('an unknown key of a file', async () => {
    const path = bench.path('mistyped.yaml')
    writeFileSync(path, 'listen-peer-url: http://localhost:2380\n')
    expectRefusal(
      await bench.run(['start', '--config-file', path]),
      'QUORATE_UNKNOWN_KEY',
      'did you mean "listen-peer-urls"?',
    )
  })

  it('a port that is taken, for peers and for metrics, by its URL', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const url = `http://127.0.0.1:${(taken.address() as { port: number }).port}`
    const peers = bench.run(['start', '--data-dir', newFolder(), '--initial-cluster', `default=${url}`])
    expectRefusal(await peers, 'QUORATE_PORT_TAKEN', url)
    const { args, dataDir } = await alone('--listen-metrics-urls', url)
    expectRefusal(await bench.run(args), 'QUORATE_PORT_TAKEN', url)
    await new Promise((resolve) => taken.close(resolve))
    // What could not start has left nothing behind that would be in its way now.
    const { args: again } = await alone('--data-dir', dataDir)
    await bench.start([...again, '--name', 'default']).logged(({ msg }) => msg === 'starts')
  })

  it('a data folder that is in use', async () => {
    const { args, dataDir } = await alone()
    await bench.start(args).ready()
    const { args: second } = await alone('--data-dir', dataDir)
    expectRefusal(await bench.run(second), 'QUORATE_DATA_DIR_IN_USE', dataDir)
  })

  it('the data folder of another node', async () => {
    const { args, dataDir } = await alone()
    const node = bench.start(args)
    await node.ready()
    node.kill('SIGTERM')
    await node.ended
    const ports = await freeLoopbackPorts(2)
    const flags = ['start', '--data-dir', dataDir, '--initial-cluster', clusterAt(ports), '--name']
    expectRefusal(await bench.run([...flags, 'n1']), 'QUORATE_DATA_DIR_OF_OTHER_CLUSTER', dataDir)
  })

  it('the data folder of another node of the same cluster', async () => {
    const ports = await freeLoopbackPorts(2)
    const dataDir = newFolder()
    const flags = ['start', '--data-dir', dataDir, '--initial-cluster', clusterAt(ports), '--name']
    const node = bench.start([...flags, 'n1'])
    await node.ready()
    node.kill('SIGTERM')
    await node.ended
    expectRefusal(await bench.run([...flags, 'n2']), 'QUORATE_DATA_DIR_OF_OTHER_NODE', dataDir)
  })
})

function expectRefusal(
  ended: { code: number | null; stdout: string; stderr: string },
  code: string,
  says: string,
): void {
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 1, stdout: '' })
  const last = ended.stderr.trimEnd().split('\n').at(-1)
  expect(last).toMatch(new RegExp(`^quorate: ${code}: `))
  expect(last).toContain(says)
}
