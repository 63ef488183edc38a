import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byFile, byFlags, byVariables, Cluster, startAll, whyNoEtcd } from './support/etcd/clusters.js'
import { etcdctl, type Ran } from './support/etcd/etcdctl.js'
import { normalised } from './support/etcd/normalised.js'
import { alike, notServed, type Case } from './support/etcd/etcdctl-cases.js'

const reason = whyNoEtcd('etcd', 'etcdctl')
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`under CI this must run: ${reason}`)
const title = `etcdctl with three nodes of etcd and three of Quorate${reason === undefined ? '' : ` (skipped: ${reason})`}`

describe.skipIf(reason !== undefined)(title, () => {
  let started: readonly Cluster[] = []
  let real: Cluster
  let ours: Cluster

  beforeAll(async () => {
    // Each member is told in another way, of both clusters alike: only the program's name differs.
    const ways = [byFlags, byVariables, byFile]
    started = await startAll([Cluster.start('etcd', ways), Cluster.start('ours', ways)])
    ;[real, ours] = started as [Cluster, Cluster]
    await Promise.all(started.map((cluster) => lead(cluster, 'n1')))
  })

  afterAll(() => Promise.all(started.map((cluster) => cluster.close())))

  describe('says the same, whichever node is asked, the leader n1 or a follower:', () => {
    for (const each of alike) {
      it(titleOf(each), async () => {
        for (const [place, name] of ['n1', 'n2', 'n3'].entries()) {
          const [expected, actual] = await Promise.all([real, ours].map((cluster) => ask(cluster, each, place)))
          expect({ asked: name, ...actual }).toEqual({ asked: name, ...expected })
        }
      })
    }
  })

  it('has the leader moved to each node in turn, by whoever is told of all of them, and not by a follower alone', async () => {
    for (const [place, name] of ['n2', 'n3', 'n1'].entries()) {
      const answers = await Promise.all(
        [real, ours].map(async (cluster) => {
          const id = await idOf(cluster, name)
          // The next one is no leader yet.
          const follower = cluster.endpoints[(place + 1) % 3] as string
          const leader = cluster.endpoints[place] as string
          const refused = await etcdctl([follower], ['move-leader', id])
          const moved = await etcdctl([leader], ['move-leader', id])
          const nobody = await etcdctl(cluster.endpoints, ['move-leader', '1234'])
          const status = await untilLeads(cluster, name)
          const ids = await Promise.all(cluster.members.map((member) => idOf(cluster, member.name)))
          return [refused, moved, nobody, status].map((ran) =>
            withoutHex(normalised(cluster, ['endpoint', 'status'], ran), ids),
          )
        }),
      )
      expect(answers[1]).toEqual(answers[0])
    }
  })

  it('is refused a write with a read at a revision to come by all of ours alike, unlike by several of etcd', async () => {
    for (const endpoint of ours.endpoints) {
      const { code, stderr } = await etcdctl([endpoint], ['txn'], '\nget a --rev=99999\nput a refused\n\n\n')
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('is a future revision') })
    }
    const { stdout } = await etcdctl(ours.endpoints, ['endpoint', 'hashkv'])
    expect(
      new Set(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(', ')[1]),
      ).size,
    ).toBe(1)
    expect((await etcdctl(ours.endpoints, ['get', 'a', '--print-value-only'])).stdout).not.toContain('refused')
  })

  describe('ends with an error that says Unimplemented, and does not hang, for what is not served:', () => {
    for (const args of notServed) {
      it(args.join(' '), async () => {
        const { code, stderr } = await etcdctl([ours.endpoints[0] as string], args, '', ours.folder)
        expect(code).toBeGreaterThan(0)
        expect(stderr).toMatch(/Unimplemented desc = quorate: etcdserverpb\.\w+\/\w+ is not served/)
      })
    }
  })
})

function titleOf({ args, stdin, asUrls = false }: Case): string {
  const input = stdin === undefined ? '' : ` < ${JSON.stringify(stdin)}`
  return `etcdctl ${asUrls ? '--endpoints http://… ' : ''}${args.map((arg) => (/^[\w=.:/-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(' ')}${input}`.slice(
    0,
    160,
  )
}

async function ask(cluster: Cluster, { args, stdin, all = false, asUrls = false }: Case, place: number): Promise<Ran> {
  const own = cluster.endpoints[place] as string
  const endpoints = all ? [own, ...cluster.endpoints.filter((endpoint) => endpoint !== own)] : [own]
  return normalised(
    cluster,
    args,
    await etcdctl(asUrls ? endpoints.map((each) => `http://${each}`) : endpoints, args, stdin),
  )
}

async function idOf(cluster: Cluster, name: string): Promise<string> {
  const { stdout } = await etcdctl(cluster.endpoints, ['member', 'list'])
  const line = stdout.split('\n').find((each) => each.split(', ')[2] === name)
  return (line ?? '').split(', ')[0] as string
}

/** Once all say that this one leads: what they say then. */
async function untilLeads(cluster: Cluster, name: string): Promise<Ran> {
  const place = cluster.members.findIndex((member) => member.name === name)
  for (;;) {
    const ran = await etcdctl(cluster.endpoints, ['endpoint', 'status'])
    const leads = ran.stdout.split('\n').map((line) => line.split(', ')[4])
    if (leads[place] === 'true' && leads.filter((each) => each === 'true').length === 1) return ran
  }
}

async function lead(cluster: Cluster, name: string): Promise<void> {
  await etcdctl(cluster.endpoints, ['move-leader', await idOf(cluster, name)])
  await untilLeads(cluster, name)
}

/** `move-leader` prints ids in hexadecimal. */
function withoutHex({ code, stdout, stderr }: Ran, ids: readonly string[]): Ran {
  const plain = (text: string): string => ids.reduce((rest, id, place) => rest.replaceAll(id, `ID-n${place + 1}`), text)
  return { code, stdout: plain(stdout), stderr: plain(stderr) }
}
