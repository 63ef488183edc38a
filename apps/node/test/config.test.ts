import { isQuorateError, type QuorateError } from '@quorate/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { normalizeGoFlags } from '../src/config/go-flags.js'
import { readConfig } from '../src/config/read-config.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** The path of a file with this content. */
function file(content: string, name = 'quorate.yaml'): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-config-'))
  folders.push(folder)
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function refusal(action: () => unknown): QuorateError {
  try {
    action()
  } catch (error) {
    if (isQuorateError(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const three = 'n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380'

describe('the settings of a node', () => {
  it('are not set by a variable that is empty', () => {
    expect(readConfig({}, { ETCD_NAME: '', ETCD_CONFIG_FILE: '', ETCD_SNAPSHOT_COUNT: '' }).node.name).toBe('default')
  })

  it("may fix the node's value in votes", () => {
    expect(readConfig({ 'vote-value': '-7' }, {}).node.voteValue?.('any')).toBe(-7)
  })

  it('without any describe a node of one, as etcd has it', () => {
    expect(readConfig({}, {})).toEqual({
      node: {
        name: 'default',
        dataDir: 'default.quorate',
        initialCluster: { default: ['http://localhost:2380'] },
      },
      logLevel: 'info',
      warnings: [],
    })
  })

  it('reach the node under its own names', () => {
    const flags = {
      name: 'n1',
      'data-dir': '/data',
      'listen-peer-urls': 'http://0.0.0.0:2380, http://127.0.0.1:0',
      'initial-advertise-peer-urls': 'http://10.0.0.1:2380',
      'initial-cluster': three,
      'initial-cluster-state': 'new',
      'initial-cluster-token': 'blue',
      'heartbeat-interval': '20',
      'election-timeout': '90',
      'listen-metrics-urls': 'http://localhost:2381',
      'log-level': 'debug',
      'failure-detector': 'timeout',
      election: 'bully',
      agreement: './mine.js',
      'max-delay': '30',
      'clock-error': '0',
    }
    expect(readConfig(flags, {})).toEqual({
      node: {
        name: 'n1',
        dataDir: '/data',
        listenPeerUrls: ['http://0.0.0.0:2380', 'http://127.0.0.1:0'],
        initialCluster: {
          n1: ['http://10.0.0.1:2380'],
          n2: ['http://10.0.0.2:2380'],
          n3: ['http://10.0.0.3:2380'],
        },
        initialClusterToken: 'blue',
        heartbeatIntervalMs: 20,
        electionTimeoutMs: 90,
        maxDelayMs: 30,
        clockErrorMs: 0,
        failureDetector: 'timeout',
        election: 'bully',
        agreement: './mine.js',
        listenMetricsUrls: ['http://localhost:2381'],
      },
      logLevel: 'debug',
      warnings: [],
    })
  })

  it('count in the order: flag, file, environment', () => {
    const path = file('name: from-file\nheartbeat-interval: 30\nelection-timeout: 900\n')
    const environment = { ETCD_NAME: 'from-environment', ETCD_ELECTION_TIMEOUT: '800', QUORATE_MAX_DELAY: '70' }
    const { node } = readConfig({ 'config-file': path, 'heartbeat-interval': '40' }, environment)
    expect(node).toMatchObject({
      name: 'from-file',
      heartbeatIntervalMs: 40,
      electionTimeoutMs: 900,
      maxDelayMs: 70,
    })
  })

  it('may stand in a file that the environment names', () => {
    const { node } = readConfig({}, { ETCD_CONFIG_FILE: file('{ "name": "n7" }', 'quorate.json') })
    expect(node.name).toBe('n7')
  })

  it('take a member that is named again for one with several URLs', () => {
    const { node } = readConfig({ name: 'n1', 'initial-cluster': 'n1=http://a:1,n1=http://b:1,n2=http://c:1' }, {})
    expect(node.initialCluster).toEqual({ n1: ['http://a:1', 'http://b:1'], n2: ['http://c:1'] })
  })

  it('may say in a file who is where as a map and with lists', () => {
    const path = file('name: 1\ninitial-cluster:\n  1: [http://a:1, http://b:1]\n  n2: http://c:1\n')
    const { node } = readConfig({ 'config-file': path }, {})
    expect(node).toMatchObject({ name: '1', initialCluster: { 1: ['http://a:1', 'http://b:1'], n2: ['http://c:1'] } })
  })

  it("read etcd's own file, with what is switched off or empty in it", () => {
    const path = file(`
name: 'n1'
data-dir:
initial-cluster: n1=https://10.0.0.1:2380
proxy: ''
strict-reconfig-check: false
client-transport-security:
  cert-file:
  client-cert-auth: false
peer-transport-security:
  cert-file: n1.pem
  key-file: n1-key.pem
  client-cert-auth: true
  trusted-ca-file: ca.pem
  auto-tls: false
`)
    const { node } = readConfig({ 'config-file': path }, {})
    expect(node.dataDir).toBe('n1.quorate')
    expect(node.peerTls).toEqual({
      certFile: 'n1.pem',
      keyFile: 'n1-key.pem',
      trustedCaFile: 'ca.pem',
      clientCertAuth: true,
    })
  })

  it('take https for the default URL once there are certificates', () => {
    const { node } = readConfig({ 'peer-cert-file': 'c', 'peer-key-file': 'k', 'peer-trusted-ca-file': 'a' }, {})
    expect(node.initialCluster).toEqual({ default: ['https://localhost:2380'] })
    expect(node.peerTls).toEqual({ certFile: 'c', keyFile: 'k', trustedCaFile: 'a' })
  })

  it('warn of variables with their prefix that set nothing, and name the nearest', () => {
    const { warnings } = readConfig({}, { ETCD_NAM: 'n1', ETCD_VERSION: '3.6.0', QUORATE_NAME: 'n1', ETCDCTL_API: '3' })
    expect(warnings.map(([, message]) => message)).toEqual([
      'the variable ETCD_NAM sets nothing; did you mean ETCD_NAME?',
      expect.stringMatching(/^the variable ETCD_VERSION sets nothing/),
      'the variable QUORATE_NAME sets nothing; did you mean ETCD_NAME?',
    ])
  })
})

describe('a setting is refused, by the name that its giver knows it by', () => {
  const cases: [title: string, flags: Record<string, string | boolean>, code: string, says: string][] = [
    [
      'a number outside its domain',
      { 'heartbeat-interval': '0' },
      'QUORATE_INVALID_OPTION',
      '--heartbeat-interval is "0"; it must be a whole number of milliseconds from 1 to 60000',
    ],
    ['a number with a unit', { 'max-delay': '100ms' }, 'QUORATE_INVALID_OPTION', '--max-delay is "100ms"; it must be'],
    ['a fraction', { 'clock-error': '0.5' }, 'QUORATE_INVALID_OPTION', '--clock-error is "0.5"'],
    ['an empty text', { name: '' }, 'QUORATE_INVALID_OPTION', '--name is ""; it must be a text that is not empty'],
    [
      'an unknown log level',
      { 'log-level': 'trace' },
      'QUORATE_INVALID_OPTION',
      '--log-level is "trace"; it must be debug, info, warn or error',
    ],
    [
      'a bound on detection within two heartbeats, naming both',
      { 'heartbeat-interval': '100', 'election-timeout': '199' },
      'QUORATE_INVALID_OPTION',
      '--election-timeout is 199 ms and --heartbeat-interval 100 ms',
    ],
    [
      'such a bound against the default interval',
      { 'election-timeout': '50' },
      'QUORATE_INVALID_OPTION',
      '--election-timeout is 50 ms and --heartbeat-interval 100 ms',
    ],
    [
      'a member without a URL',
      { 'initial-cluster': 'n1' },
      'QUORATE_INVALID_OPTION',
      '--initial-cluster is "n1"; it must be the members as name=url',
    ],
    [
      'a malformed URL',
      { 'listen-peer-urls': 'localhost:2380' },
      'QUORATE_MALFORMED_URL',
      '--listen-peer-urls: "localhost:2380"',
    ],
    [
      'a malformed URL of another member',
      { name: 'n1', 'initial-cluster': 'n1=http://a:1,n2=http://b' },
      'QUORATE_MALFORMED_URL',
      '--initial-cluster: "http://b"',
    ],
    [
      'a port 0 that peers could not find',
      { 'initial-cluster': 'default=http://localhost:0' },
      'QUORATE_MALFORMED_URL',
      '--initial-cluster: "http://localhost:0"',
    ],
    [
      'https without certificates',
      { 'initial-cluster': 'default=https://localhost:2380' },
      'QUORATE_MALFORMED_URL',
      'https',
    ],
    [
      'a malformed URL for metrics',
      { 'listen-metrics-urls': 'https://localhost:2381' },
      'QUORATE_MALFORMED_URL',
      '--listen-metrics-urls: "https://localhost:2381"',
    ],
    [
      'a URL that two members share, however it is written',
      { name: 'n1', 'initial-cluster': 'n1=http://host:2380,n2=http://HOST:2380/' },
      'QUORATE_DUPLICATE_URL',
      '--initial-cluster: "n1" and "n2" both have http://HOST:2380/',
    ],
    [
      'a URL that one member has twice',
      { 'initial-cluster': 'default=http://host:2380,default=http://host:2380' },
      'QUORATE_DUPLICATE_URL',
      '"default" has http://host:2380 twice',
    ],
    [
      'a URL to listen on that is there twice',
      { 'listen-peer-urls': 'http://localhost:2380,http://localhost:2380' },
      'QUORATE_DUPLICATE_URL',
      '--listen-peer-urls: http://localhost:2380 is there twice',
    ],
    [
      'a name that is not in the cluster, with the nearest that is',
      { name: 'node-3', 'initial-cluster': 'node-1=http://a:1,node-2=http://b:1' },
      'QUORATE_NOT_IN_CLUSTER',
      '--name is "node-3", which --initial-cluster does not have; it has "node-1", "node-2"; did you mean "node-1"?',
    ],
    [
      'a forgotten name',
      { 'initial-cluster': three },
      'QUORATE_NOT_IN_CLUSTER',
      'no name was given, so it is "default", which --initial-cluster does not have',
    ],
    [
      'an advertised URL that the cluster does not have',
      { name: 'n1', 'initial-cluster': three, 'initial-advertise-peer-urls': 'http://10.0.0.9:2380' },
      'QUORATE_ADVERTISE_MISMATCH',
      '--initial-cluster must include n1=http://10.0.0.9:2380 and --initial-cluster has n1=http://10.0.0.1:2380, given ' +
        '--initial-advertise-peer-urls=http://10.0.0.9:2380',
    ],
    [
      'to join a cluster that runs',
      { 'initial-cluster-state': 'existing' },
      'QUORATE_NOT_IMPLEMENTED',
      '--initial-cluster-state is "existing"',
    ],
    [
      'a certificate without its key',
      { 'peer-cert-file': 'c', 'peer-trusted-ca-file': 'a' },
      'QUORATE_INVALID_OPTION',
      '--peer-cert-file and --peer-trusted-ca-file without --peer-key-file',
    ],
    [
      'to demand certificates without an own one',
      { 'peer-client-cert-auth': true },
      'QUORATE_INVALID_OPTION',
      '--peer-client-cert-auth without --peer-cert-file and --peer-key-file and --peer-trusted-ca-file',
    ],
    [
      'a malformed URL for clients',
      { 'listen-client-urls': 'localhost:2379' },
      'QUORATE_MALFORMED_URL',
      '--listen-client-urls: "localhost:2379" is no client URL',
    ],
    [
      'a URL for clients that is there twice',
      { 'advertise-client-urls': 'http://a:2379,http://A:2379' },
      'QUORATE_DUPLICATE_URL',
      '--advertise-client-urls: http://A:2379 is there twice',
    ],
    [
      'https for clients without certificates',
      { 'listen-client-urls': 'https://localhost:2379' },
      'QUORATE_MALFORMED_URL',
      '--listen-client-urls: "https://localhost:2379"',
    ],
    [
      'a certificate for clients without its key',
      { 'cert-file': 'c' },
      'QUORATE_INVALID_OPTION',
      '--cert-file without --key-file',
    ],
    [
      "to demand clients' certificates without an authority",
      { 'cert-file': 'c', 'key-file': 'k', 'client-cert-auth': true },
      'QUORATE_INVALID_OPTION',
      '--client-cert-auth without --trusted-ca-file',
    ],
    [
      'a quota that is no number of bytes',
      { 'quota-backend-bytes': '2GB' },
      'QUORATE_INVALID_OPTION',
      '--quota-backend-bytes is "2GB"; it must be a whole number of bytes',
    ],
    [
      'a switch that is neither on nor off',
      { 'peer-client-cert-auth': 'maybe' },
      'QUORATE_INVALID_OPTION',
      '--peer-client-cert-auth is "maybe"; it must be true or false',
    ],
  ]

  it.each(cases)('%s', (_title, flags, code, says) => {
    const error = refusal(() => readConfig(flags, {}))
    expect(error.code).toBe(code)
    expect(error.message).toContain(says)
  })

  it('a variable', () => {
    const error = refusal(() => readConfig({}, { ETCD_HEARTBEAT_INTERVAL: 'soon' }))
    expect(error.message).toMatch(/^ETCD_HEARTBEAT_INTERVAL is "soon"; it must be/)
  })

  it('a value in a file', () => {
    const path = file('heartbeat-interval: [1]\n')
    const error = refusal(() => readConfig({ 'config-file': path }, {}))
    expect(error.message).toBe(
      `heartbeat-interval in ${path} is a list; it must be a whole number of milliseconds from 1 to 60000`,
    )
  })

  it('an unknown key of a file, with the nearest', () => {
    const path = file('listen-peer-url: http://localhost:2380\ncors: none\n')
    const error = refusal(() => readConfig({ 'config-file': path }, {}))
    expect(error.code).toBe('QUORATE_UNKNOWN_KEY')
    expect(error.message).toBe(
      `${path} has a key "listen-peer-url" that means nothing; did you mean "listen-peer-urls"?`,
    )
  })

  it("an unknown key in a file's section of certificates", () => {
    const path = file('peer-transport-security:\n  cert-fil: n1.pem\n')
    const error = refusal(() => readConfig({ 'config-file': path }, {}))
    expect(error.message).toContain('did you mean "cert-file"?')
  })

  it("all of etcd's settings in a file that do not exist here, at once", () => {
    const path = file('cors: none\nauto-compaction-mode: periodic\nname: n1\n')
    const error = refusal(() => readConfig({ 'config-file': path }, {}))
    expect(error.code).toBe('QUORATE_NOT_IMPLEMENTED')
    expect(error.message).toContain(`cors in ${path}, auto-compaction-mode in ${path}: etcd has these`)
  })

  it("a variable for one of etcd's settings that does not exist here", () => {
    const error = refusal(() => readConfig({}, { ETCD_AUTO_COMPACTION_RETENTION: '1h' }))
    expect(error.code).toBe('QUORATE_NOT_IMPLEMENTED')
    expect(error.message).toContain('ETCD_AUTO_COMPACTION_RETENTION')
  })

  const unreadable: [title: string, path: () => string, says: string][] = [
    ['that is not there', () => '/nowhere/quorate.yaml', 'ENOENT'],
    ['that is no YAML', () => file('name: [n1\n'), 'line 2'],
    ['with a key twice', () => file('name: n1\nname: n2\n'), 'unique'],
    ['that is a list', () => file('- name: n1\n'), 'no list of "key: value" lines'],
    ['that is too long', () => file('#'.repeat(1024 * 1024 + 1)), 'at most 1048576 are read'],
  ]

  it.each(unreadable)('a file %s', (_title, write, says) => {
    const path = write()
    const error = refusal(() => readConfig({ 'config-file': path }, {}))
    expect(error.code).toBe('QUORATE_CONFIG_FILE')
    expect(error.message).toContain(path)
    expect(error.message).toContain(says)
  })
})

describe("etcd's settings", () => {
  it('for clients are those of etcd, in flags and in its file', () => {
    const path = file(
      'listen-client-urls: https://0.0.0.0:2379\nadvertise-client-urls: https://n1:2379\nquota-backend-bytes: 1000000\n' +
        'client-transport-security:\n  cert-file: c\n  key-file: k\n  trusted-ca-file: a\n  client-cert-auth: true\n',
    )
    expect(readConfig({ 'config-file': path }, {}).node).toMatchObject({
      listenClientUrls: ['https://0.0.0.0:2379'],
      advertiseClientUrls: ['https://n1:2379'],
      clientTls: { certFile: 'c', keyFile: 'k', trustedCaFile: 'a', clientCertAuth: true },
      quotaBytes: 1_000_000,
    })
    const flags = { 'listen-client-urls': 'http://[::1]:0,http://127.0.0.1:0', 'quota-backend-bytes': '0' }
    const { node } = readConfig(flags, {})
    expect(node).toMatchObject({ listenClientUrls: ['http://[::1]:0', 'http://127.0.0.1:0'] })
    expect(node).not.toHaveProperty('quotaBytes')
  })

  it('that change nothing here are taken with a warning that says why', () => {
    const { warnings } = readConfig({ 'snapshot-count': '10000', 'pre-vote': true }, { ETCD_LOGGER: 'zap' })
    expect(warnings.map(([, message]) => message)).toEqual([
      'ETCD_LOGGER makes no difference here: logs are JSON lines on standard error',
      '--snapshot-count makes no difference here: the log is kept whole',
      '--pre-vote makes no difference here: an election always begins with one',
    ])
  })
})

describe("Go's flags", () => {
  const flags = new Map([
    ['name', 'value'],
    ['on', 'switch'],
  ] as const)
  const read = (...args: string[]): string[] => normalizeGoFlags(args, flags)

  it('have one dash or two, and their value behind = or as the next argument', () => {
    const same = ['--name=n1']
    expect(read('-name', 'n1')).toEqual(same)
    expect(read('--name', 'n1')).toEqual(same)
    expect(read('-name=n1')).toEqual(same)
    expect(read('--name=n1')).toEqual(same)
  })

  it('take the next argument as it is, also when it looks like a flag', () => {
    expect(read('--name', '--on', '-on')).toEqual(['--name=--on', '--on'])
    expect(read('--name=a=b\nc')).toEqual(['--name=a=b\nc'])
  })

  it('end at two dashes', () => {
    expect(read('-on', '--', '-name')).toEqual(['--on', '--', '-name'])
  })

  it('without a value are refused', () => {
    expect(refusal(() => read('--name'))).toMatchObject({ code: 'QUORATE_USAGE' })
  })

  it('that do not exist are refused with the nearest', () => {
    const error = refusal(() => read('-nmae', 'n1'))
    expect(error.code).toBe('QUORATE_UNKNOWN_FLAG')
    expect(error.message).toBe('there is no flag --nmae; did you mean --name?')
  })

  it('that only etcd has are refused as such', () => {
    const error = refusal(() => read('--auto-compaction-retention=1h'))
    expect(error.code).toBe('QUORATE_NOT_IMPLEMENTED')
    expect(error.message).toContain('--auto-compaction-retention: etcd has this, Quorate does not; leave it out')
  })
})
