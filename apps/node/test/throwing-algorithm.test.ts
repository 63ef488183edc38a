import {
  defineElection,
  defineFailureDetector,
  messageCodec,
  noTerm,
  type Election,
  type ElectionIndication,
  type Environment,
  type FailureDetector,
} from '@quorate/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startNode, type NodeHandle, type NodeOptions } from '../src/index.js'
import { freeLoopbackPorts } from '../src/processes/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-throwing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const codec = messageCodec({ hello: {} })
const declared = {
  family: 'rounds',
  synchrony: 'asynchronous',
  tolerates: [],
  resilience: () => 1,
  guarantees: [],
  counterexamples: [],
  codec,
} as const

type Step = 'create' | 'start' | 'timeout' | 'receive' | 'written' | 'suspect' | 'stand' | 'resign'

/** An election that throws in one of its steps, each of which has its occasion. */
function throwingIn(step: Step) {
  const at = (now: Step): void => {
    if (now === step) throw new Error(`a defect in ${now}`)
  }
  const create = (env: Environment<{ type: 'hello' }, ElectionIndication>): Election<{ type: 'hello' }> => {
    at('create')
    return {
      leader: env.self.id,
      term: noTerm,
      start: () => {
        at('start')
        env.store.put('key', Uint8Array.of(1))
        env.send(env.self.id, { type: 'hello' })
        env.timer('soon', 1)
      },
      timeout: () => at('timeout'),
      receive: () => at('receive'),
      written: () => at('written'),
      suspect: () => at('suspect'),
      stand: () => at('stand'),
      resign: () => at('resign'),
      restore: () => {},
      inspect: () => ({}),
    }
  }
  return defineElection({ ...declared, name: 'faulty', carriesLog: false, agreesWithinMs: () => 0, create })
}

const unwritten = defineFailureDetector({
  ...declared,
  name: 'unwritten',
  create: (): FailureDetector<{ type: 'hello' }> => ({
    start: () => {
      throw new Error('it is not written yet')
    },
    receive: () => {},
    timeout: () => {},
    level: () => 0,
    verdict: () => undefined,
    inspect: () => ({}),
  }),
})

let nodes = 0

/** A node of two, the other of which is never there. */
async function optionsWith(algorithms: Partial<NodeOptions>): Promise<NodeOptions> {
  const [own, other] = await freeLoopbackPorts(2)
  return {
    name: 'n1',
    dataDir: join(folder, String(nodes++)),
    initialCluster: { n1: [`http://127.0.0.1:${own}`], n2: [`http://127.0.0.1:${other}`] },
    heartbeatIntervalMs: 10,
    electionTimeoutMs: 100,
    maxFaulty: 0,
    election: throwingIn('create'),
    ...algorithms,
  }
}

const failed = (step: string): object => ({
  code: 'QUORATE_ALGORITHM_FAILED',
  message: expect.stringContaining(`the election "faulty" threw in ${step}: a defect in`),
})

describe('a node ends, and says which of its algorithms threw and where,', () => {
  for (const step of ['timeout', 'receive', 'written', 'suspect'] as const)
    it(`when one throws in ${step}`, async () => {
      const node = await startNode(await optionsWith({ election: throwingIn(step) }))
      await expect(node.stopped).rejects.toMatchObject(failed(step))
    })

  it('when one throws in what a program asks of it, which is told, too', async () => {
    const node = await startNode(await optionsWith({ election: throwingIn('stand') }))
    expect(() => node.election.stand()).toThrow('the election "faulty" threw in stand')
    await expect(node.stopped).rejects.toMatchObject(failed('stand'))
  })

  it('when one throws as the node is told to stop', async () => {
    const node: NodeHandle = await startNode(await optionsWith({ election: throwingIn('resign') }))
    await node.stop()
    await expect(node.stopped).rejects.toMatchObject(failed('resign'))
  })
})

describe('a node that cannot start for its algorithm says which, and leaves nothing open,', () => {
  const cases: [title: string, algorithms: Partial<NodeOptions>, says: string][] = [
    ['when one throws in its constructor', {}, 'the election "faulty" threw in its constructor: a defect in create'],
    ['when one throws in start', { election: throwingIn('start') }, 'the election "faulty" threw in start: a defect'],
    [
      'when a failure detector is not written yet',
      { failureDetector: unwritten, election: 'raft' },
      'the failure detector "unwritten" threw in start: it is not written yet',
    ],
  ]
  for (const [title, algorithms, says] of cases)
    it(title, async () => {
      const options = await optionsWith(algorithms)
      const refused = { code: 'QUORATE_ALGORITHM_FAILED', message: expect.stringContaining(says) }
      await expect(startNode(options)).rejects.toMatchObject(refused)
      // Its port and its folder are free for another.
      const node = await startNode({ ...options, failureDetector: 'timeout', election: 'raft' })
      await node.stop()
    })
})
