/** The faults of real processes, in the order in which they are told. */
export const faultKinds = [
  'kill',
  'restart',
  'pause',
  'partition',
  'delay',
  'connections',
  'slow-disk',
  'full-disk',
  'clock',
] as const
export type ChaosFaultKind = (typeof faultKinds)[number]

/** What each does, in a sentence for help and reports. */
export const faultTexts: Readonly<Record<ChaosFaultKind, string>> = {
  kill: 'a node is ended by SIGKILL, and started again',
  restart: 'a node is ended by SIGTERM, and started again',
  pause: 'a node stands still, by SIGSTOP',
  partition:
    'nodes do not hear each other: halves, a ring of majorities, a bridge, one isolated, one way only, a single link',
  delay: 'bytes between nodes, and from and to clients, take longer',
  connections: 'connections are lost again and again',
  'slow-disk': 'each fdatasync and fsync of a node takes longer, by strace',
  'full-disk': "a node's disk has no room left",
  clock: "nodes' wall clocks jump, by libfaketime",
}
