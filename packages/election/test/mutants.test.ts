import { describe, expect, it } from 'vitest'
import type { ElectionDefinition } from '@quorate/core'
import { runElection, sweep } from '@quorate/simulation'
import { importMutant } from './mutant.js'

const seeds = { from: 1, to: 2000 }

/** The properties that the first failing run of the sweep finds broken. */
function found(mutant: ElectionDefinition<unknown>): readonly string[] {
  const { failed } = sweep(seeds, (seed) => runElection(mutant, { nodes: 5, seed }))
  return failed?.violations.map(({ property }) => property) ?? []
}

describe('the sweep of timestamp finds', { timeout: 240_000 }, () => {
  const mutant = async (original: string, replacement: string): Promise<ElectionDefinition<unknown>> => {
    const module = await importMutant<{ timestamp: ElectionDefinition<unknown> }>('timestamp.ts', original, replacement)
    return module.timestamp
  }

  it('an acknowledgement sent before it is durable', async () => {
    const sent = `this.#env.send(request.id, { type: 'acknowledge', timestamp: request.number })`
    expect(found(await mutant(sent, sent.replace(/\)$/, ', 0 as never)')))).toContain('quorum-support')
  })

  it('a value to reach that is one too low', async () => {
    const reached = 'standing.start + this.#quorum'
    expect(found(await mutant(reached, `${reached} - 1`))).toContain('quorum-support')
  })

  it('an acknowledgement that counts twice when it comes twice', async () => {
    expect(found(await mutant(' || standing.acknowledgedBy.has(voter)', ''))).toContain('quorum-support')
  })

  it('an acknowledgement of another candidacy that counts for the present one', async () => {
    expect(found(await mutant(' || timestamp !== standing.start', ''))).toContain('quorum-support')
  })

  it('a candidacy that is not remembered across a crash', async () => {
    const store = 'new NewestCandidacy(env.store, '
    const forgetful = 'new NewestCandidacy({ get: () => undefined, put: () => 0 } as never, '
    expect(found(await mutant(store, forgetful))).toContain('quorum-support')
  })
})

describe('the sweep of bully finds', { timeout: 240_000 }, () => {
  const mutant = async (original: string, replacement: string): Promise<ElectionDefinition<unknown>> => {
    const module = await importMutant<{ bully: ElectionDefinition<unknown> }>('bully.ts', original, replacement)
    return module.bully
  }

  it('a candidate that does not wait for the greater ids', async () => {
    const asked = 'if (this.#greater.length === 0) this.#haltLesser()'
    expect(found(await mutant(asked, 'if (true) this.#haltLesser()'))).toContain('one-leader-at-a-time')
  })

  it('a candidate that does not wait for the lesser ids to stop', async () => {
    const halting = 'if (this.#lesser.length === 0) this.#takeOffice()'
    const hasty = await mutant(halting, 'if (true) this.#takeOffice()')
    // The first seed to fail need not be one that shows two leaders.
    const shown = new Set<string>()
    for (let seed = 1; seed <= 100; seed++) {
      for (const { property } of runElection(hasty, { nodes: 5, seed }).violations) shown.add(property)
    }
    expect(shown).toContain('one-leader-at-a-time')
  })

  it('a candidate that waits for answers half as long as they take', async () => {
    expect(found(await mutant('  answer: 2,', '  answer: 1,'))).toContain('one-leader-at-a-time')
  })

  it('a leader that is halted and goes on leading', async () => {
    const stopped = 'this.#wait(multiples.announcement * this.#unitMs)\n    this.#env.send(id'
    expect(found(await mutant(stopped, 'this.#env.send(id'))).toContain('one-leader-at-a-time')
  })

  it('one that resigned, leads again and is still not heard', async () => {
    expect(found(await mutant('this.#abstainsUntilMs = 0\n', ''))).toContain('one-leader-at-a-time')
  })
})
