import { afterAll, describe, expect, it } from 'vitest'
import { Hosts, whyNoNamespaces } from './support/namespaces.js'
import { agreedLeader, Workbench } from './support/quorate.js'

const reason = whyNoNamespaces()
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`under CI this must run: ${reason}`)
const title = `three hosts on a network that breaks${reason === undefined ? '' : ` (skipped: ${reason})`}`

describe.skipIf(reason !== undefined)(title, () => {
  const bench = new Workbench()
  let hosts: Hosts | undefined

  afterAll(async () => {
    await bench.close()
    hosts?.remove()
  })

  it('follow another leader where the majority is, once the first is cut off, and all the same one once it is back', async () => {
    const network = (hosts = new Hosts(3))
    const cluster = [1, 2, 3].map((host) => `n${host}=http://${network.address(host)}:2380`).join(',')
    const nodes = [1, 2, 3].map((host) =>
      bench.start(['start', '--name', `n${host}`, '--data-dir', bench.path(`n${host}`), '--initial-cluster', cluster], {
        within: ['ip', 'netns', 'exec', network.name(host)],
      }),
    )
    await Promise.all(nodes.map((node) => node.ready()))
    const all = ['n1', 'n2', 'n3']
    const first = await agreedLeader(nodes, all)
    const others = nodes.filter((_, place) => all[place] !== first)

    network.cut(all.indexOf(first) + 1)
    await agreedLeader(
      others,
      all.filter((id) => id !== first),
    )
    for (const node of others) {
      // Nothing comes back from a host that is cut off: its silence is all the evidence there is.
      // It may have followed the next leader before its own detector spoke.
      const suspicion = await node.logged((line) => line['type'] === 'suspect' && line['peer'] === first)
      expect(suspicion['verdict']).toBe('silent')
    }

    network.mend(all.indexOf(first) + 1)
    // Usually that one. Where detectors err, as on a busy machine, it may as well be the first again.
    await agreedLeader(nodes, all)
  })
})
