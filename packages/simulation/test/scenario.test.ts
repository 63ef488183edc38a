import { faults as faultKinds, isQuorateError, type FaultKind } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseScenario,
  printScenario,
  runAgreement,
  runElection,
  runFailureDetector,
  runScenario,
  scenarioOf,
  type RunOptions,
  type Scenario,
} from '../src/index.js'
import { NotJson, readJson, type JsonNode } from '../src/scenario/json-text.js'
import { floodingVote } from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import * as wrong from './wrong-algorithms.js'

const seeds = Array.from({ length: 6 }, (_, index) => index + 1)
/** Everything that strikes without a disk. */
const everything = (Object.keys(faultKinds) as FaultKind[]).filter(
  (kind) => !['torn-write', 'bit-rot', 'lost-write', 'byzantine'].includes(kind),
)

describe('scenarioOf', { timeout: 60_000 }, () => {
  it('draws what the seed of an election draws: written, read and run it is the same run', () => {
    for (const seed of seeds) {
      const options: RunOptions = { nodes: 5, seed, faults: everything, chaosMs: 400 }
      const scenario = scenarioOf({ algorithm: raftElection }, options)
      expect(scenario.schedule.length).toBeGreaterThan(0)
      expect(scenario.requests.length).toBeGreaterThan(0)
      const again = parseScenario(printScenario(scenario))
      expect(again).toEqual(scenario)
      expect(runScenario(again, { algorithm: raftElection }).hash).toBe(runElection(raftElection, options).hash)
    }
  })

  it('has recorded delays to the end, and healed links as near and far as before', () => {
    for (const seed of seeds) {
      const options: RunOptions = { nodes: 3, seed, faults: ['loss', 'partition'], latency: 'seattle' }
      const again = parseScenario(printScenario(scenarioOf({ algorithm: raftElection }, options)))
      expect(runScenario(again, { algorithm: raftElection }).hash).toBe(runElection(raftElection, options).hash)
    }
  })

  it('draws the values of a vote, and ends its faults when the run does', () => {
    for (const seed of seeds) {
      const options = { nodes: 4, seed, maxFaulty: 2, faults: everything }
      const scenario = scenarioOf({ algorithm: floodingVote }, options)
      const run = runAgreement(floodingVote, options)
      expect(scenario.values).toEqual([...run.proposals.values()])
      const again = parseScenario(printScenario(scenario))
      expect(runScenario(again, { algorithm: floodingVote }).hash).toBe(run.hash)
    }
  })

  it('keeps the intervals of a detector', () => {
    for (const seed of seeds) {
      const options = { nodes: 3, seed, heartbeatIntervalMs: 50, faults: ['crash-recovery', 'pause'] } as const
      const scenario = scenarioOf({ algorithm: wrong.suspectsAll }, options)
      expect(scenario).toMatchObject({ heartbeatIntervalMs: 50, detectionTimeMs: 500, chaosMs: 5000 })
      const again = parseScenario(printScenario(scenario))
      const { hash } = runFailureDetector(wrong.suspectsAll, options)
      expect(runScenario(again, { algorithm: wrong.suspectsAll }).hash).toBe(hash)
    }
  })
})

const scenario: Scenario = {
  version: 1,
  kind: 'election',
  algorithm: 'raft-election',
  violates: ['one-leader-per-term'],
  nodes: 3,
  seed: 7,
  maxFaulty: 1,
  faults: ['crash-recovery', 'loss'],
  maxDelayMs: 10,
  chaosMs: 500,
  clockBound: { wallErrorMs: 2, ratePpm: Infinity },
  schedule: [
    { atMs: 0, action: { type: 'links', conditions: { loss: 0.25, ordered: true } } },
    { atMs: 12.5, action: { type: 'crash', node: 'n2', afterSends: 1, restartAfterMs: 40 } },
    { atMs: 100, action: { type: 'cut', from: ['n1'], to: ['n2', 'n3'] } },
  ],
  requests: [
    { atMs: 20, node: 'n1', what: 'stand' },
    { atMs: 30, node: 'n1', what: 'accuse', peer: 'n3' },
  ],
}

const printed = `{
  "version": 1,
  "kind": "election",
  "algorithm": "raft-election",
  "violates": ["one-leader-per-term"],
  "nodes": 3,
  "seed": 7,
  "maxFaulty": 1,
  "faults": ["crash-recovery", "loss"],
  "maxDelayMs": 10,
  "chaosMs": 500,
  "clockBound": { "wallErrorMs": 2, "ratePpm": "unbounded" },
  "schedule": [
    { "atMs": 0, "action": { "type": "links", "conditions": { "loss": 0.25, "ordered": true } } },
    { "atMs": 12.5, "action": { "type": "crash", "node": "n2", "afterSends": 1, "restartAfterMs": 40 } },
    { "atMs": 100, "action": { "type": "cut", "from": ["n1"], "to": ["n2", "n3"] } }
  ],
  "requests": [
    { "atMs": 20, "node": "n1", "what": "stand" },
    { "atMs": 30, "node": "n1", "what": "accuse", "peer": "n3" }
  ],
  "leftToSeed": [
    "how long each message and each write takes, within its bounds",
    "what the algorithm draws itself",
    "when nodes are told whom they reach no more",
    "which messages are lost"
  ]
}
`

describe('printScenario', () => {
  it('writes one line for each fault and request, always in the same order, and what is left to the seed', () => {
    expect(printScenario(scenario)).toBe(printed)
    const shuffled = Object.fromEntries(Object.entries(scenario).toReversed()) as unknown as Scenario
    expect(printScenario(shuffled)).toBe(printed)
  })
})

/** What is said of a scenario in which `before`, which stands there once, is replaced. */
function refusal(before: string, after: string) {
  expect(printed.split(before)).toHaveLength(2)
  try {
    return parseScenario(printed.replace(before, after))
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_INVALID_SCENARIO')) return { ...error.data, says: error.message }
    throw error
  }
}

describe('parseScenario', { timeout: 60_000 }, () => {
  it('reads what was printed, and skips comments', () => {
    expect(parseScenario(printed)).toEqual(scenario)
    expect(parseScenario(`// kept for the record\n${printed.replace('"seed": 7,', '"seed": 7, /* was 8 */')}`)).toEqual(
      scenario,
    )
  })

  it.each([
    ['what is no JSON', '"nodes": 3,', '"nodes": 3;', 6, '', '";" stands where a comma or } should'],
    ['braces that do not match', ', "restartAfterMs": 40 } },\n', '', 15, '', '"{" stands where a comma or } should'],
    ['another version', '"version": 1', '"version": 2', 2, 'version', 'reads version 1'],
    ['an unknown field', '"seed": 7', '"sead": 7', 7, 'sead', 'did you mean seed?'],
    ['a missing field', '  "maxFaulty": 1,\n', '', 1, '', 'has no maxFaulty'],
    ['a field given twice', '"seed": 7,', '"seed": 7, "seed": 8,', 7, 'seed', 'twice'],
    ['another type', '"seed": 7', '"seed": "7"', 7, 'seed', 'is "7"; it must be an integer of 0 or more'],
    ['a fraction', '"seed": 7', '"seed": 7.5', 7, 'seed', 'an integer'],
    ['too many nodes', '"nodes": 3', '"nodes": 65', 6, 'nodes', 'from 1 to 64'],
    ['an unknown kind', '"election"', '"elections"', 3, 'kind', 'did you mean election?'],
    ['an unknown kind of fault', '"loss"]', '"los"]', 9, 'faults[1]', 'did you mean loss?'],
    ['more faulty nodes than nodes', '"maxFaulty": 1', '"maxFaulty": 4', 8, 'maxFaulty', 'from 0 to 3'],
    ['an unknown node', '"node": "n2"', '"node": "n4"', 15, 'schedule[1].action.node', 'n1 to n3'],
    ['an unknown node in a list', '["n2", "n3"]', '["n2", "n9"]', 16, 'schedule[2].action.to[1]', 'n1 to n3'],
    ['an unknown action', '"crash", "node"', '"crush", "node"', 15, 'schedule[1].action.type', 'did you mean crash?'],
    ['an action without a type', '"type": "cut", ', '', 16, 'schedule[2].action', 'has no type'],
    [
      'an unknown field of an action',
      '"afterSends"',
      '"aftersend"',
      15,
      'schedule[1].action.aftersend',
      'did you mean afterSends?',
    ],
    ['an action without its node', '"node": "n2", ', '', 15, 'schedule[1].action', 'has no node'],
    ['no probability', '"loss": 0.25', '"loss": 25', 14, 'schedule[0].action.conditions.loss', 'from 0 to 1'],
    [
      'delays of which the longest is shorter than the shortest, by what was said before',
      '{ "loss": 0.25, "ordered": true }',
      '{ "minDelayMs": 2 }',
      14,
      'schedule[0].action.conditions',
      'from 2 to 1 ms',
    ],
    ['no flag', '"ordered": true', '"ordered": 1', 14, 'schedule[0].action.conditions.ordered', 'true or false'],
    ['a time after the faults', '"atMs": 100', '"atMs": 501', 16, 'schedule[2].atMs', 'chaosMs is 500'],
    ['a time before the beginning', '"atMs": 100', '"atMs": -1', 16, 'schedule[2].atMs', 'from 0'],
    ['a request of another kind of algorithm', '"stand"', '"read"', 19, 'requests[0].what', 'there are: stand'],
    ['a request after the faults', '"atMs": 20,', '"atMs": 2000,', 19, 'requests[0].atMs', 'chaosMs is 500'],
    ['a field of another kind', '"seed": 7,', '"seed": 7, "values": [1, 2, 3],', 7, 'values', 'is for a vote'],
    ['no list', '["one-leader-per-term"]', '"one-leader-per-term"', 5, 'violates', 'must be a list'],
  ])('refuses %s, naming line and field', (_, before, after, line, field, says) => {
    expect(refusal(before, after)).toEqual({ line, field, says: expect.stringContaining(says) })
    expect(refusal(before, after)).toMatchObject({ says: expect.stringMatching(`^line ${line}: `) })
  })

  it.each(['', 'null', '[]', '7', '"scenario"', '{}', '{"version":1}', '{"__proto__":{"version":1}}'])(
    'refuses %j',
    (text) => {
      const code = (): unknown => {
        try {
          return parseScenario(text)
        } catch (error) {
          return isQuorateError(error) && error.code
        }
      }
      expect(code()).toBe('QUORATE_INVALID_SCENARIO')
    },
  )

  it('reads any JSON as JSON.parse does', () => {
    const plain = (node: JsonNode): unknown =>
      node.type === 'scalar'
        ? node.value
        : node.type === 'list'
          ? node.items.map(plain)
          : Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]))
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.boolean(), (text, spaced) => {
        const written = spaced ? JSON.stringify(JSON.parse(text), null, '\t') : text
        expect(plain(readJson(written))).toEqual(JSON.parse(text))
      }),
    )
    const ends = '"nodes": 3,\n'
    for (const text of [
      '[1,]',
      '[,1]',
      '{"a":1,}',
      '01',
      '1.',
      '+1',
      '.5',
      "'a'",
      '"\\x"',
      '"a\nb"',
      '"\t"',
      '[1 2]',
      '{a:1}',
      ends,
    ]) {
      expect(() => readJson(text)).toThrow(NotJson)
      expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    }
    expect(() => readJson('['.repeat(100_000))).toThrow('nested more than 32 deep')
    expect(readJson('/* a\n*/ [ // b ]\n 1 ]')).toMatchObject({ type: 'list', line: 2, items: [{ line: 3, value: 1 }] })
  })

  it('throws nothing but that for any change of any character', () => {
    fc.assert(
      fc.property(fc.nat(printed.length - 1), fc.string({ unit: 'binary-ascii', maxLength: 2 }), (at, by) => {
        try {
          parseScenario(printed.slice(0, at) + by + printed.slice(at + 1))
        } catch (error) {
          expect(isQuorateError(error, 'QUORATE_INVALID_SCENARIO')).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('runScenario', () => {
  it('refuses an algorithm of another kind', () => {
    const wrongKind = (): unknown => runScenario(scenario, { algorithm: floodingVote })
    expect(wrongKind).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })

  it('does what an edit says: whom nobody asks to stand does not', () => {
    const stands = (some: Scenario) =>
      runScenario(some, { algorithm: raftElection }, { traceLimit: 10_000 }).trace.filter(
        (entry) => entry.type === 'request' && entry.what === 'stand',
      )
    expect(stands(scenario)).toMatchObject([{ at: 20, node: 'n1' }])
    expect(stands({ ...scenario, requests: [] })).toEqual([])
  })
})
