import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comparable, etcdctlCases } from './support/etcdctl-cases.js'
import { etcdctl, RealEtcd, whyNoEtcd } from './support/etcd.js'
import { LocalBackend, member } from './support/local-backend.js'
import { serve, stopAll, type Served } from './support/served.js'

const reason = whyNoEtcd()

describe.skipIf(reason !== undefined)(`etcdctl${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let real: RealEtcd
  let ours: Served

  beforeAll(async () => {
    real = await RealEtcd.start()
    ours = await serve({}, new LocalBackend())
  })

  afterAll(async () => {
    await real.stop()
    await stopAll()
  })

  // In this order: each builds on those before it.
  it.each(etcdctlCases.map((each, at) => [at, each.args.join(' '), each] as const))(
    '%i: "%s" prints the same with us as with real etcd',
    async (_at, _title, each) => {
      const [expected, actual] = await Promise.all(
        [real.url, ours.url].map((url) => etcdctl([url], each.args, each.input)),
      )
      const seen = [expected, actual].map((run) => run && { code: run.code, output: comparable(each, run.output) })
      expect(seen[1]).toEqual(seen[0])
    },
  )

  it('moves the leader', async () => {
    const { url, backend } = await serve({}, new LocalBackend([member(1n), member(0xabcn)]))
    expect(await etcdctl([url], ['move-leader', 'abc'])).toEqual({
      code: 0,
      output: 'Leadership transferred from 1 to abc\n',
    })
    expect(backend.leaderId()).toBe(0xabcn)
    expect((await etcdctl([url], ['move-leader', '1'])).output).toContain('no leader endpoint given')
  })

  it('lists and disarms the alarm of a full store', async () => {
    const { url, backend } = await serve()
    backend.execute({ type: 'setQuota', bytes: 10 })
    expect((await etcdctl([url], ['put', 'a', 'b'])).output).toContain('etcdserver: mvcc: database space exceeded')
    expect(await etcdctl([url], ['alarm', 'list'])).toEqual({ code: 0, output: 'memberID:1 alarm:NOSPACE \n' })
    expect(await etcdctl([url], ['alarm', 'disarm'])).toEqual({ code: 0, output: 'memberID:1 alarm:NOSPACE \n' })
    expect(await etcdctl([url], ['alarm', 'list'])).toEqual({ code: 0, output: '' })
  })

  it('is told what is not served', async () => {
    const { url } = await serve()
    expect((await etcdctl([url], ['lease', 'grant', '10'])).output).toContain(
      'etcdserverpb.Lease/LeaseGrant is not served',
    )
  })

  it('is told when there is no leader, and when nothing is answered', async () => {
    const { url, backend } = await serve({ requestTimeoutMs: 200 })
    backend.proposals = { outcome: 'rejected', reason: 'no-leader' }
    expect((await etcdctl([url], ['put', 'a', 'b'])).output).toContain('etcdserver: no leader')
    backend.proposals = 'never'
    expect((await etcdctl([url], ['put', 'a', 'b'])).output).toContain('etcdserver: request timed out')
  })
})
