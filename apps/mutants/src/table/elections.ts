import type { Attack } from '../attacks/attack.js'
import type { Mutant } from '../mutant.js'
import { own, raftPaper } from './sources.js'
import { suite } from './suite.js'

const timestamp: Attack = { run: 'election', algorithm: 'timestamp', nodes: 5 }
const logByTimestamp: Attack = { run: 'log', election: 'timestamp', nodes: 3 }
const deafened: Attack = {
  run: 'log',
  election: 'timestamp',
  nodes: 5,
  faults: ['one-way-partition', 'crash-recovery', 'delay'],
  deafens: true,
}
const bully: Attack = { run: 'election', algorithm: 'bully', nodes: 5 }
const supported = 'quorum-support'
const alone = 'one-leader-at-a-time'
const garciaMolina = 'H. Garcia-Molina, "Elections in a distributed computing system", 1982'

/** The elections `timestamp` and `bully`. */
export const electionMutants: readonly Mutant[] = [
  {
    id: 'timestamp-threshold-off-by-one',
    bug: 'timestamp: the value to reach is one too low',
    package: 'election',
    edits: [
      {
        file: 'timestamp.ts',
        original: 'standing.start + this.#quorum',
        replacement: 'standing.start + this.#quorum - 1',
      },
    ],
    source: own,
    simulation: { attack: timestamp, property: supported },
  },
  {
    id: 'timestamp-acknowledgement-before-durable',
    bug: 'timestamp: an acknowledgement leaves before it is on disk',
    package: 'election',
    edits: [
      {
        file: 'timestamp.ts',
        original: "this.#env.send(request.id, { type: 'acknowledge', timestamp: request.number })",
        replacement: "this.#env.send(request.id, { type: 'acknowledge', timestamp: request.number }, 0 as never)",
      },
    ],
    source: own,
    simulation: { attack: timestamp, property: supported },
  },
  {
    id: 'timestamp-duplicate-counts-twice',
    bug: 'timestamp: an acknowledgement counts twice when it comes twice',
    package: 'election',
    edits: [{ file: 'timestamp.ts', original: ' || standing.acknowledgedBy.has(voter)', replacement: '' }],
    source: own,
    simulation: { attack: timestamp, property: supported },
    conformance: suite('timestamp, an election quorum support'),
  },
  {
    id: 'timestamp-other-candidacy-counts',
    bug: 'timestamp: an acknowledgement of another candidacy counts for the present one',
    package: 'election',
    edits: [{ file: 'timestamp.ts', original: ' || timestamp !== standing.start', replacement: '' }],
    source: own,
    simulation: { attack: timestamp, property: supported },
  },
  {
    id: 'timestamp-forgets-candidacy',
    bug: 'timestamp: the newest candidacy is not remembered across a crash',
    package: 'election',
    edits: [
      {
        file: 'timestamp/newest-candidacy.ts',
        original: '    this.#store.put(key, codec.encode({ type: key, number: candidacy.number, id: candidacy.id }))\n',
        replacement: '',
      },
    ],
    source: own,
    simulation: { attack: timestamp, property: supported },
    conformance: suite('timestamp, an election quorum support'),
  },
  {
    id: 'timestamp-position-not-compared',
    bug: 'timestamp: a candidacy is acknowledged however far its log has come',
    package: 'election',
    edits: [
      {
        file: 'timestamp.ts',
        original: 'if (!reaches(position, this.#logPosition())) {',
        replacement: 'if (this.#members.length === 0) {',
      },
    ],
    source: `${raftPaper}, section 5.4.1`,
    simulation: { attack: logByTimestamp, property: 'leader-completeness' },
    conformance: suite('raft-log, a replicated log on the election timestamp leader completeness', 'replication'),
  },
  {
    id: 'timestamp-superseded-leader-leads-on',
    bug: 'timestamp: a leader names itself still when it has promised a newer candidacy',
    package: 'election',
    edits: [
      { file: 'timestamp.ts', original: 'return superseded ? undefined : id', replacement: 'return id' },
      { file: 'timestamp.ts', original: 'const superseded = ', replacement: 'void ' },
    ],
    source: own,
    simulation: { attack: logByTimestamp, property: 'progress' },
  },
  {
    id: 'timestamp-follows-an-older-leader',
    bug: 'timestamp: a leader is followed that is older than the promise',
    package: 'election',
    edits: [
      { file: 'timestamp.ts', original: ' || compareTerms(term, this.promised) < 0) return', replacement: ') return' },
    ],
    source: own,
    simulation: { attack: logByTimestamp, property: 'leader-completeness' },
    conformance: suite('raft-log, a replicated log on the election timestamp leader completeness', 'replication'),
  },
  {
    id: 'timestamp-follows-one-that-stands-anew',
    bug: 'timestamp: a leader is followed on though it stands anew, and so leads no more',
    package: 'election',
    edits: [
      {
        file: 'timestamp.ts',
        original: 'if (request.id === this.#established.id && compareTerms(request, this.#established) > 0)',
        replacement: 'if (this.#members.length === 0)',
      },
      {
        file: 'timestamp.ts',
        original: 'this.#vacant = term.id === this.promised.id && compareTerms(term, this.promised) < 0',
        replacement: 'this.#vacant = false',
      },
    ],
    source: own,
    simulation: { attack: deafened, property: 'progress' },
  },
  {
    id: 'timestamp-ignores-an-older-candidacy',
    bug: 'timestamp: a leader is followed on though it stands anew, where its candidacy is older than another one',
    package: 'election',
    edits: [
      {
        file: 'timestamp.ts',
        original: 'if (request.id === this.#established.id && compareTerms(request, this.#established) > 0)',
        replacement:
          'if (request.id === this.#established.id && compareTerms(request, this.#established) > 0 && order > 0)',
      },
    ],
    source: own,
    simulation: { attack: deafened, property: 'progress' },
  },
  {
    id: 'timestamp-wins-without-a-quorum',
    bug: 'timestamp: one that wins by late acknowledgements, and hears no quorum by then, leads all the same',
    package: 'election',
    edits: [
      {
        file: 'timestamp.ts',
        original: 'this.#establish({ number: standing.start, id: this.#env.self.id })\n    this.#resignIfAlone()',
        replacement: 'this.#establish({ number: standing.start, id: this.#env.self.id })',
      },
    ],
    source: own,
    simulation: { attack: deafened, property: 'progress' },
  },
  {
    id: 'bully-waits-too-short',
    bug: 'bully: a candidate waits for answers half as long as they take',
    package: 'election',
    edits: [{ file: 'bully.ts', original: '  answer: 2,', replacement: '  answer: 1,' }],
    source: `${garciaMolina}: the timeout is what the algorithm rests on`,
    simulation: { attack: bully, property: alone },
  },
  {
    id: 'bully-asks-nobody',
    bug: 'bully: a candidate does not wait for the greater ids',
    package: 'election',
    edits: [
      {
        file: 'bully.ts',
        original: 'if (this.#greater.length === 0) this.#haltLesser()',
        replacement: 'if (true) this.#haltLesser()',
      },
    ],
    source: garciaMolina,
    simulation: { attack: bully, property: alone },
  },
  {
    id: 'bully-halts-nobody',
    bug: 'bully: a candidate does not wait for the lesser ids to stop',
    package: 'election',
    edits: [
      {
        file: 'bully.ts',
        original: 'if (this.#lesser.length === 0) this.#takeOffice()',
        replacement: 'if (true) this.#takeOffice()',
      },
    ],
    source: `${garciaMolina}: what textbooks leave out`,
    simulation: { attack: bully, property: alone },
    conformance: suite('bully, an election one leader at a time'),
  },
  {
    id: 'bully-halted-leader-leads-on',
    bug: 'bully: a leader that is halted goes on leading',
    package: 'election',
    edits: [
      {
        file: 'bully.ts',
        original: 'this.#wait(multiples.announcement * this.#unitMs)\n    this.#env.send(id',
        replacement: 'this.#env.send(id',
      },
    ],
    source: garciaMolina,
    simulation: { attack: bully, property: alone },
  },
  {
    id: 'bully-abstains-though-it-leads',
    bug: 'bully: one that resigned, and leads again, is still not heard',
    package: 'election',
    edits: [{ file: 'bully.ts', original: 'this.#abstainsUntilMs = 0\n', replacement: '' }],
    source: own,
    simulation: { attack: bully, property: alone },
    conformance: suite('bully, an election one leader at a time'),
  },
]
