import { bully } from '@quorate/election/bully'
import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { phiAccrual, timeout } from '@quorate/failure-detection'
import { cascade, runAgreement, runElection, runFailureDetector } from '@quorate/simulation'
import { floodMin } from '@quorate/voting/flood-min'
import { threshold } from '@quorate/voting/threshold'
import type { Attack, Violations } from './attack.js'
import { runCutOff } from './cut-off.js'
import { runDuel } from './duel.js'
import { exploreLog } from './explore-log.js'
import { runHandOver } from './hand-over.js'
import { runLastCopy } from './last-copy.js'
import { runLog } from './log.js'
import { runRebirth } from './rebirth.js'
import { smallStores } from './small-stores.js'
import { runStore } from './store/run-store.js'

const elections = { raft, bully, timestamp } as const
const agreements = { 'flood-min': floodMin, threshold } as const
const detectors = { timeout, 'phi-accrual': phiAccrual } as const

/** One run of an attack. The seed is all that is random about it. */
export function runAttack(attack: Attack, seed: number): Violations {
  switch (attack.run) {
    case 'log':
      return runLog(attack, seed)
    case 'cut-off':
      return runCutOff(attack.nodes, seed)
    case 'duel':
      return runDuel(attack.nodes, seed)
    case 'last-copy':
      return runLastCopy(seed)
    case 'rebirth':
      return runRebirth(seed)
    case 'hand-over':
      return runHandOver(attack.nodes, seed)
    case 'explore':
      return exploreLog(attack.maxStates)
    case 'store':
      return runStore({ ...attack, seed }).violations
    case 'election': {
      const { run: _, algorithm, ...conditions } = attack
      return runElection<unknown>(elections[algorithm], { ...conditions, stores: smallStores, seed }).violations
    }
    case 'vote': {
      const { run: _, algorithm, cascade: crashes, ...conditions } = attack
      const only = crashes === undefined ? {} : cascade(seed, conditions.nodes, crashes)
      return runAgreement<unknown>(agreements[algorithm], { ...conditions, ...only, seed }).violations
    }
    case 'detector': {
      const { run: _, algorithm, ...conditions } = attack
      return runFailureDetector<unknown>(detectors[algorithm], { ...conditions, seed }).violations
    }
  }
}
