/**
 * Events that a run may or may not come to, and that are where algorithms break: a campaign in which one of them never happened has not
 * attacked what depends on it. Names with their meaning, by the kind of run that can have them.
 */
const ofEveryRun = {
  crash: 'a process crashed',
  'crash-mid-broadcast': 'a process crashed within a step, after some of its messages and before the others',
  'crash-after-send': 'a process crashed right behind a step: its messages are out, what it wrote is not durable',
  'writes-lost': 'a crash forgot writes that were not durable',
  'writes-torn': 'a crash left writes in part, or to the operating system',
  'durable-write-lost': 'a crash forgot a write that had been reported durable',
  'log-tail-repaired': 'a disk log was cut back after a crash to where it was whole',
  restart: 'a process started again',
  'left-behind': 'a node did not come back when faults ceased: the others had to do without it',
  'damage-found': 'a node found its disk damaged, and refused it',
  'write-failed': 'a write failed, and its process stopped',
  'disk-full': 'a write found no space, and its process stopped',
  'disk-slowed': 'writes of a node took long',
  'bit-flipped': 'a bit flipped on a disk',
  pause: 'a process stood still',
  'process-slowed': 'the steps of a process took long',
  'clock-set': 'a wall clock was set while its node ran',
  'clock-set-in-pause': 'a wall clock was set while its node stood still',
  'send-omitted': 'a process failed to send a message',
  'receive-omitted': 'a process failed to receive a message',
  'message-lost': 'the network lost a message',
  'message-cut-off': 'a message was sent into a partition',
  'message-overtaken': 'a message overtook an earlier one of the same link',
  'message-straggled': 'a message took longer than the longest delay',
  'message-corrupted': 'bytes of a message changed',
  'message-malformed': 'bytes arrived that were no message, and were dropped',
  'message-of-a-former-life': 'a message was delivered whose sender had crashed since',
  'duplicate-delivered': 'a second copy of a message was delivered',
  'partition-halves': 'the nodes fell into two halves',
  'partition-majority-ring': 'each node reached a majority, and no two the same one',
  'partition-bridge': 'two groups were held together by one node',
  'partition-isolated-node': 'one node was cut off from all others',
  'partition-single-link': 'a single link was cut',
  'partition-one-way': 'links were cut in one direction',
  'byzantine-lie': 'a Byzantine node told the same lie to all',
  'byzantine-equivocation': 'a Byzantine node told one node a lie of its own',
  'byzantine-replay': 'a Byzantine node said again what it once said',
  'byzantine-silence': 'a Byzantine node did not send a message',
} as const

const ofLeadership = {
  'leader-elected': 'a node began to lead',
  'leader-crashed': 'a node crashed while it led',
  'leader-superseded': 'a node began to lead while another still took itself for the leader',
  'leaderless-term': 'a term passed without a leader: votes were split, or a candidate failed',
  'restart-without-leader': 'a process started again while no node led',
} as const

const ofElections = {
  'two-candidates': 'a second node stood while another did',
  'candidacy-failed': 'a node stood and did not come to lead',
} as const

const ofLogs = {
  'hand-over': 'the node to which leadership was handed over began to lead',
  'leader-deposed-with-uncommitted': 'a leader was deposed while its log held entries that were not committed',
  'pipelined-append-refused': 'a follower refused an append while others behind it were under way',
  'entries-truncated': 'a follower removed entries from its log',
  'earlier-term-committed': 'an entry was committed in a later term than its own',
  'committed-without-all': 'an entry was committed while some node was down or out of reach',
  'proposal-rejected': 'a proposal was rejected',
  'proposal-unknown': 'the outcome of a proposal stayed unknown',
  'barrier-unanswered': 'a read barrier ended without an answer',
  'barrier-across-leaders': 'a read barrier was answered in a later term than it was asked for',
} as const

const ofAgreements = {
  'later-ballot': 'a decision took more than one ballot',
  'crash-after-decision': 'a node crashed after it had decided',
  'decided-without-all': 'a node decided while another was down',
  'decided-again': 'a new life of a node decided again',
} as const

const ofDetectors = {
  'false-suspicion': 'a node that was up and in reach came to be suspected',
  'suspicion-withdrawn': 'a suspected node was trusted again',
  'new-life-trusted': 'a later life of a suspected node was trusted',
  'own-stall-noticed': 'a detector noticed that its own node had stood still',
} as const

/** Every mark with its meaning. */
export const coverageMarks = {
  ...ofEveryRun,
  ...ofLeadership,
  ...ofElections,
  ...ofLogs,
  ...ofAgreements,
  ...ofDetectors,
}

export type CoverageMark = keyof typeof coverageMarks

/** Which marks a run of each kind can have. */
export const coverageMarksOf: Readonly<Record<'election' | 'vote' | 'detector' | 'log', readonly CoverageMark[]>> = {
  election: names({ ...ofEveryRun, ...ofLeadership, ...ofElections }),
  vote: names({ ...ofEveryRun, ...ofAgreements }),
  detector: names({ ...ofEveryRun, ...ofDetectors }),
  log: names({ ...ofEveryRun, ...ofLeadership, ...ofLogs }),
}

function names(marks: Readonly<Partial<Record<CoverageMark, string>>>): readonly CoverageMark[] {
  return Object.keys(marks) as CoverageMark[]
}
