import { describe, expect, it } from 'vitest'
import type { CampaignResult } from '../src/simulate/campaign.js'
import { campaignJson, campaignText } from '../src/simulate/campaign-report.js'
import { plain } from '../src/status/table.js'

const result: CampaignResult = {
  request: {
    attacked: { kind: 'log', algorithm: 'raft-log', election: 'raft' },
    options: { faults: ['loss', 'pause'] },
    scenario: undefined,
    seeds: { from: 1, to: Infinity },
    nodes: [3, 4, 5],
    shard: { index: 2, count: 8 },
    jobs: 2,
    durationMs: 1_000,
    runTimeoutMs: 1_000,
    keepGoing: false,
    expected: [],
    commandOf: () => 'again',
  },
  runs: 1_234,
  events: 2_000_000,
  virtualMs: 7_200_000,
  elapsedMs: 4_000,
  coverage: {
    crash: { times: 5_000, runs: 1_200 },
    'leader-deposed-with-uncommitted': { times: 3, runs: 2 },
    pause: { times: 70, runs: 60 },
    'hand-over': { times: 0, runs: 0 },
    'writes-torn': { times: 0, runs: 0 },
  },
  findings: [],
  lastSeed: 9_870,
  ended: 'time',
}

describe('a report', () => {
  it('says what was attacked, how much that was, and what happened how often, the rarest first', () => {
    expect(campaignText(result, plain).split('\n')).toEqual([
      'log by raft-log on raft among 3, 4 or 5 nodes, under loss, pause, seeds 1.., shard 2/8',
      '  1,234 runs, 2,000,000 events, 2.0 h of virtual time in 4.00 s, 500,000 events a second',
      '  ✓ everything that it guarantees held',
      '  · time was over after seed 9870',
      '  how often what happened (and in how many runs):',
      '    leader-deposed-with-uncommitted         3       (2)    crash                               5,000   (1,200)',
      '    pause                                  70      (60)',
      '  what never happened: hand-over, writes-torn',
    ])
  })

  it('says of a finding how many seeds have it, how to see it again, and where it is kept', () => {
    const finding = {
      property: 'agreement',
      seed: 7,
      nodes: 1,
      what: 'they differ',
      hash: 'abc',
      seeds: 3,
      command: 'npx quorate run …',
      shrunk: 'from much to little',
      scenarioFile: 'a b.json',
      diagramFile: 'a b.html',
    }
    const request = { ...result.request, expected: [{ about: 'agreement', hash: 'xyz' }, { about: 'validity' }] }
    const text = campaignText({ ...result, request, findings: [finding], coverage: {}, ended: 'violation' }, plain)
    expect(text.split('\n').slice(2)).toEqual([
      '  ✗ agreement, seed 7, 1 node (and 2 more seeds): they differ',
      '    again: npx quorate run …  # hash abc',
      '    shrunk: from much to little',
      "    scenario: npx quorate simulate --scenario 'a b.json'",
      '    diagram: a b.html',
      '  · kept for agreement: as before, in another run',
      '  · kept for validity: not any more',
      '  · it ended after seed 9870; --keep-going goes on',
    ])
  })

  it('says once what findings of one run have in common, and nothing of seeds that there are not', () => {
    const one = {
      property: 'agreement',
      seed: 7,
      nodes: 3,
      what: 'they differ',
      seeds: 1,
      command: 'npx …',
      hash: 'abc',
    }
    const other = { ...one, property: 'validity', what: 'nobody said so' }
    const apart = { ...other, property: 'integrity', shrunk: 'to another' }
    const request = { ...result.request, seeds: { from: 7, to: 7 } }
    const found = {
      ...result,
      request,
      runs: 1,
      findings: [one, other, apart],
      lastSeed: 7,
      ended: 'violation',
    } as const
    const text = campaignText({ ...found, coverage: { pause: { times: 0, runs: 0 } } }, plain)
    expect(text.split('\n').slice(2)).toEqual([
      '  ✗ agreement, seed 7, 3 nodes: they differ',
      '  ✗ validity, seed 7, 3 nodes: nobody said so',
      '    again: npx …  # hash abc',
      '  ✗ integrity, seed 7, 3 nodes: nobody said so',
      '    again: npx …  # hash abc',
      '    shrunk: to another',
    ])
  })

  it('for programs has the same as one object', () => {
    expect(campaignJson(result)).toEqual({
      kind: 'log',
      algorithm: 'raft-log',
      election: 'raft',
      nodes: [3, 4, 5],
      options: { faults: ['loss', 'pause'] },
      seeds: { from: 1, to: null, last: 9_870 },
      shard: { index: 2, count: 8 },
      runs: 1_234,
      events: 2_000_000,
      virtualMs: 7_200_000,
      elapsedMs: 4_000,
      eventsPerSecond: 500_000,
      ended: 'time',
      coverage: result.coverage,
      findings: [],
    })
  })
})
