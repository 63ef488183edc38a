import type { Attack } from '../attacks/attack.js'
import type { Mutant } from '../mutant.js'
import { own } from './sources.js'
import { suite } from './suite.js'

const timeout: Attack = { run: 'detector', algorithm: 'timeout', nodes: 5 }
const phiAccrual: Attack = { run: 'detector', algorithm: 'phi-accrual', nodes: 5 }
const accuracy = 'eventual-strong-accuracy'

/** The heartbeat protocol: `failure-detection`. */
export const detectorMutants: readonly Mutant[] = [
  {
    id: 'incarnation-ignored',
    bug: 'a heartbeat of an earlier life counts for the present one',
    package: 'failure-detection',
    edits: [
      {
        file: 'heartbeat.ts',
        original:
          'const peer = this.#peers.get(from.id)\n    if (peer === undefined || this.#isPast(peer, from)) return',
        replacement: 'const peer = this.#peers.get(from.id)\n    if (peer === undefined) return',
      },
    ],
    source: own,
    simulation: { attack: timeout, property: accuracy },
  },
  {
    id: 'numbers-of-a-former-life',
    bug: 'a new life is held to the numbers of the old one, and not heard',
    package: 'failure-detection',
    edits: [
      {
        file: 'peer-record.ts',
        original: '    this.#heardIncarnation = undefined\n    this.#sequence = 0\n',
        replacement: '    this.#heardIncarnation = undefined\n',
      },
    ],
    source: own,
    simulation: { attack: phiAccrual, property: accuracy },
    conformance: suite('phi-accrual, a failure detector eventual strong accuracy'),
  },
  {
    id: 'looked-at-once',
    bug: 'a peer that was found alive is not watched any more',
    package: 'failure-detection',
    edits: [{ file: 'heartbeat.ts', original: '      else this.#watch(peer, now)\n', replacement: '' }],
    source: own,
    simulation: { attack: timeout, property: 'strong-completeness' },
    conformance: suite('timeout, a failure detector strong completeness'),
  },
  {
    id: 'suspected-for-ever',
    bug: 'a peer that is heard again stays suspected',
    package: 'failure-detection',
    edits: [{ file: 'heartbeat.ts', original: '      peer.restore(now)\n', replacement: '' }],
    source: own,
    simulation: { attack: phiAccrual, property: accuracy },
    conformance: suite('timeout, a failure detector eventual strong accuracy'),
  },
]
