import { openDataFolder } from '@quorate/runtime'
import type { NodeHandle, NodeOptions } from './node-handle.js'
import { nodeSettings } from './node-settings.js'
import { openState, type OpenState } from './open-state.js'
import { RunningNode } from './running-node.js'

/**
 * Starts a node: opens its data folder, connects to its peers, detects failures, takes part in elections and votes.
 *
 * Rejects with a `QuorateError` when an option is wrong, the port is taken (`QUORATE_PORT_TAKEN`), or the data folder belongs to
 * another node, is in use or damaged; nothing is left open then.
 */
export async function startNode(options: NodeOptions): Promise<NodeHandle> {
  const settings = await nodeSettings(options)
  const { name, dataDir, clusterId } = settings
  const folder = openDataFolder({ dir: dataDir, clusterId, nodeId: name })
  let state: OpenState | undefined
  try {
    state = openState(settings, options)
    const node = new RunningNode(settings, options, folder, state)
    await node.listen()
    return node
  } catch (error) {
    // Whatever closing brings up as well, this is why it could not start.
    await state?.close().catch(() => undefined)
    await folder.close()
    throw error
  }
}
