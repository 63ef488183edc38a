import { describe, expect, it, vi } from 'vitest'
import { main } from '../src/cli.js'

async function refused(args: readonly string[]): Promise<readonly [code: number, said: string]> {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const code = await main(args)
    return [code, write.mock.calls.map(([text]) => String(text)).join('')]
  } finally {
    write.mockRestore()
  }
}

describe('the command refuses with 2, before it runs anything,', () => {
  it.each([
    ['a mutant that is not there', ['nope'], 'no mutant "nope"'],
    ['a layer that is not there', ['--layer', 'nope'], 'simulation'],
    ['a layer that has nothing to catch the mutant with', ['--layer', 'unit', 'vote-not-durable'], 'vote-not-durable'],
    ['to make the table of a part', ['--markdown', 'nowhere.md', 'vote-not-durable'], 'whole table'],
    ['to make the table of one layer', ['--markdown', 'nowhere.md', '--layer', 'unit'], 'whole table'],
    ['no jobs', ['--jobs', '0'], 'jobs'],
  ])('%s', async (_what, args, says) => {
    const [code, said] = await refused(args)
    expect(code).toBe(2)
    expect(said).toContain(says)
  })
})
