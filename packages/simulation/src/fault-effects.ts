import type { NodeId } from '@quorate/core'
import type { Misconduct } from './byzantine.js'
import type { TimerEvent } from './events.js'
import type { FaultAction } from './fault-action.js'
import type { Network } from './network.js'
import type { SimulatedNode } from './simulated-node.js'
import { requireTimes } from './simulation-options.js'

/** What faults strike. */
export interface Stricken {
  readonly network: Network
  /** How long writes usually take. */
  readonly usualSyncMs: readonly [min: number, max: number]
  /** Throws `QUORATE_INVALID_OPTION` for a node that there is not. */
  node(id: NodeId): SimulatedNode
  crash(node: SimulatedNode): void
  start(id: NodeId): void
  resume(node: SimulatedNode): void
  /** What a node is busy with is done now. */
  hasten(node: SimulatedNode): void
  corrupt(node: SimulatedNode, conduct: Misconduct): void
  timersOf(node: SimulatedNode): readonly TimerEvent[]
}

/** Does what a fault says. */
export function takeEffect(action: FaultAction, world: Stricken): void {
  switch (action.type) {
    case 'crash': {
      const node = world.node(action.node)
      if (!node.up) {
        if (action.forGood === true) node.staysDown = true
        return
      }
      node.sendsUntilCrash = action.afterSends
      node.finishesStep = action.finishes ?? false
      node.loss = {
        survivors: action.survivors ?? 0,
        torn: action.torn ?? false,
        cached: action.cached ?? false,
      }
      node.restartAfterMs = action.restartAfterMs
      if (action.afterSends === undefined) world.crash(node)
      return
    }
    case 'restart': {
      const node = world.node(action.node)
      if (node.up) node.spare()
      else world.start(action.node)
      return
    }
    case 'fail-sync': {
      const node = world.node(action.node)
      if (!node.up) return
      node.failsSync = true
      node.restartAfterMs = action.restartAfterMs
      return
    }
    case 'full-disk':
      world.node(action.node).diskIsFull = action.full
      return
    case 'lying-disk':
      world.node(action.node).diskLies = action.lies
      return
    case 'byzantine':
      world.corrupt(world.node(action.node), action)
      return
    case 'bit-rot':
      world.node(action.node).rot()
      return
    case 'omit':
      world.network.omit(world.node(action.node).index, action.sends ?? 0, action.receives ?? 0)
      return
    case 'disk':
      world.node(action.node).syncMs = requireTimes('syncMs', action.syncMs ?? world.usualSyncMs)
      return
    case 'spare':
      world.node(action.node).spare()
      return
    case 'pause':
      if (world.node(action.node).up) world.node(action.node).paused = true
      return
    case 'resume':
      world.resume(world.node(action.node))
      return
    case 'slow': {
      const node = world.node(action.node)
      node.stepMs = action.stepMs && requireTimes('stepMs', action.stepMs)
      if (node.stepMs === undefined) world.hasten(node)
      return
    }
    case 'cut':
    case 'mend':
      for (const from of action.from) {
        for (const to of action.to) {
          if (from !== to) world.network[action.type](world.node(from).index, world.node(to).index)
        }
      }
      return
    case 'heal':
      world.network.healAll()
      return
    case 'links':
      world.network.change(action.conditions)
      return
    case 'clock': {
      const node = world.node(action.node)
      if (action.wallErrorMs !== undefined) node.oscillator.setWallError(action.wallErrorMs)
      if (action.ratePpm === undefined) return
      node.oscillator.setRate(action.ratePpm)
      for (const event of world.timersOf(node)) node.reconsider(event)
    }
  }
}
