/** Where a fault strikes. */
export type FaultDomain = 'process' | 'link' | 'timing' | 'clock' | 'storage' | 'byzantine'

/** Everything that can go wrong in a run, as data: an algorithm declares which of it it tolerates, a simulator injects it. */
export const faults = {
  'crash-stop': {
    domain: 'process',
    meaning: 'a process stops for good, at any point, also in the middle of a broadcast',
  },
  'crash-recovery': {
    domain: 'process',
    meaning: 'a process stops, forgets what was not durable, and starts again later',
  },
  'send-omission': { domain: 'process', meaning: 'a process fails to send some of its messages' },
  'receive-omission': { domain: 'process', meaning: 'a process fails to receive some messages' },
  loss: { domain: 'link', meaning: 'a message vanishes' },
  duplication: { domain: 'link', meaning: 'a message arrives more than once' },
  reordering: { domain: 'link', meaning: 'a message overtakes an earlier one' },
  corruption: { domain: 'link', meaning: 'a message arrives with other bytes than were sent' },
  partition: {
    domain: 'link',
    meaning: 'some nodes and some others cannot reach each other: two groups, or any links between them',
  },
  'one-way-partition': {
    domain: 'link',
    meaning: 'messages from one group to another vanish, while the other direction works',
  },
  delay: { domain: 'timing', meaning: 'a message takes longer than any bound that was assumed' },
  pause: { domain: 'timing', meaning: 'a process stands still for a while, and does not know it' },
  'slow-process': {
    domain: 'timing',
    meaning: 'a process takes longer for each step than any bound that was assumed, while what it has to do piles up',
  },
  'clock-skew': { domain: 'clock', meaning: "nodes' wall clocks differ by more than their declared error" },
  'clock-drift': { domain: 'clock', meaning: "a monotonic clock's rate is off by more than its declared error" },
  'clock-jump': { domain: 'clock', meaning: 'a wall clock is set while running' },
  'torn-write': { domain: 'storage', meaning: 'a crash leaves a write half done' },
  'lost-write': { domain: 'storage', meaning: 'a write that was reported durable is gone after a crash' },
  'failed-sync': { domain: 'storage', meaning: 'making a write durable fails' },
  'bit-rot': { domain: 'storage', meaning: 'stored bytes change' },
  'full-disk': { domain: 'storage', meaning: 'no space is left' },
  'slow-disk': { domain: 'storage', meaning: 'a write takes far longer than usual' },
  byzantine: { domain: 'byzantine', meaning: 'a participant does and says anything whatever' },
} as const satisfies Record<string, { domain: FaultDomain; meaning: string }>

export type FaultKind = keyof typeof faults
