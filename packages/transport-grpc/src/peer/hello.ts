import type { Hello, Welcome } from '../gen/quorate/transport/v1/peer_pb.js'
import { maxNameLength } from '../settings.js'
import { sameInstance, type Context, type Life } from './context.js'
import {
  duplicateNode,
  malformedHello,
  ownUrl,
  spokenVersions,
  unknownVersion,
  wrongCluster,
  wrongNode,
  type Refusal,
} from './refusals.js'

/** An instance is drawn with so many bytes; what is compared is bounded. */
export const instanceBytes = 16
const maxInstanceBytes = 64

export interface Greeting {
  readonly life: Life
  /** The version that both sides speak. */
  readonly version: number
}

/** Weighs what a hello says by itself; what is known of the node's other lives is weighed later. */
export function weighHello(context: Context, hello: Hello): Greeting | Refusal {
  const { self, clusterId } = context.settings
  const life = lifeOf(hello)
  if (typeof life === 'string') return malformedHello(life)
  const version = Math.min(hello.newestVersion, spokenVersions.newest)
  if (version < Math.max(hello.oldestVersion, spokenVersions.oldest)) {
    const theirs = { oldest: hello.oldestVersion, newest: hello.newestVersion }
    return unknownVersion(life.id, theirs, self.id, spokenVersions)
  }
  if (hello.clusterId !== clusterId)
    return wrongCluster(life.id, hello.clusterId.slice(0, maxNameLength), self.id, clusterId)
  if (sameInstance(life.instance, context.instance)) return ownUrl(hello.toNodeId.slice(0, maxNameLength), self.id)
  if (hello.toNodeId !== self.id) return wrongNode(hello.toNodeId.slice(0, maxNameLength), self.id)
  if (life.id === self.id) return duplicateNode(life, self.incarnation)
  return { life, version }
}

/** The life that answered, when it is one of the node that was meant. */
export function lifeOfWelcome(context: Context, meant: string, welcome: Welcome): Life | Refusal {
  const life = lifeOf(welcome)
  if (typeof life === 'string') return malformedHello(life)
  const { version } = welcome
  if (version < spokenVersions.oldest || version > spokenVersions.newest) {
    return unknownVersion(life.id, { oldest: version, newest: version }, context.settings.self.id, spokenVersions)
  }
  return life.id === meant ? life : wrongNode(meant, life.id)
}

/** Returns what is wrong when there is something. */
function lifeOf({ nodeId, incarnation, instance }: Pick<Hello, 'nodeId' | 'incarnation' | 'instance'>): Life | string {
  if (nodeId.length === 0 || nodeId.length > maxNameLength)
    return `a node id of ${nodeId.length} characters, not 1 to ${maxNameLength}`
  if (incarnation > BigInt(Number.MAX_SAFE_INTEGER)) return `incarnation ${incarnation}, which is no safe integer`
  if (instance.length < 8 || instance.length > maxInstanceBytes)
    return `an instance of ${instance.length} bytes, not 8 to ${maxInstanceBytes}`
  return { id: nodeId, incarnation: Number(incarnation), instance }
}
