import type { Mutant } from '../mutant.js'
import { own } from './sources.js'

/** Connections between nodes: `transport-grpc`. The simulator has its own network in its place, so its own tests must catch them. */
export const transportMutants: readonly Mutant[] = [
  {
    id: 'former-life-is-admitted',
    bug: 'a connection of a life is taken though a later one was seen',
    package: 'transport-grpc',
    edits: [
      {
        file: 'peer/peer.ts',
        original: 'if (life.incarnation < known.incarnation) return oldIncarnation(life, known.incarnation)',
        replacement: 'if (life.incarnation < 0) return oldIncarnation(life, known.incarnation)',
      },
    ],
    source: own,
    unit: {
      file: 'handshake.test.ts',
      test: 'a later life of a peer takes the place of the earlier one, whose stream ends and whose messages are refused',
    },
  },
  {
    id: 'two-processes-as-one-node',
    bug: 'a second process of a node takes the place of one that is alive',
    package: 'transport-grpc',
    edits: [
      {
        file: 'peer/peer.ts',
        original: 'if (await this.#isAlive()) return duplicateNode(life, known.incarnation)',
        replacement: 'await this.#isAlive()',
      },
    ],
    source: own,
    unit: {
      file: 'handshake.test.ts',
      test: 'a later life of a peer is refused while the earlier one answers: two processes run as one node',
    },
  },
  {
    id: 'other-cluster-is-welcome',
    bug: 'a node of another cluster is taken for a peer',
    package: 'transport-grpc',
    edits: [
      {
        file: 'peer/hello.ts',
        original: 'if (hello.clusterId !== clusterId)',
        replacement: "if (hello.clusterId === '')",
      },
    ],
    source: 'etcd: members of two clusters that share addresses',
    unit: {
      file: 'handshake.test.ts',
      test: 'a process that connects of another cluster is refused with a code, and both sides are told why',
    },
  },
  {
    id: 'unknown-version-is-spoken-to',
    bug: 'a peer whose versions are all unknown is spoken to all the same',
    package: 'transport-grpc',
    edits: [
      {
        file: 'peer/hello.ts',
        original: 'if (version < Math.max(hello.oldestVersion, spokenVersions.oldest)) {',
        replacement: 'if (version < spokenVersions.oldest) {',
      },
    ],
    source: 'etcd#8243: rolling upgrades between versions that do not understand each other',
    unit: {
      file: 'handshake.test.ts',
      test: 'a process that connects with a later protocol is refused with a code, and both sides are told why',
    },
  },
  {
    id: 'queue-without-bound',
    bug: 'what waits for a peer has no bound',
    package: 'transport-grpc',
    edits: [
      {
        file: 'wire/send-queue.ts',
        original:
          'if (this.#messages.length >= this.#limits.maxQueuedMessages || bytes > this.#limits.maxQueuedBytes) return false',
        replacement: 'if (bytes > this.#limits.maxQueuedBytes) return false',
      },
    ],
    source: 'CockroachDB#90314: 2 GB under way to one follower',
    unit: {
      file: 'send-queue.test.ts',
      test: 'refuses the newest message at its bound of messages, and takes the next once there is room',
    },
  },
]
