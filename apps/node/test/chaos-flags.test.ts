import { describe, expect, it } from 'vitest'
import { quorate } from './support/in-process.js'

describe('quorate chaos, called wrongly, starts nothing and says what is wrong:', () => {
  it.each<[string, string[], RegExp]>([
    [
      'a fault that is none',
      ['--faults', 'kill,puase'],

      /QUORATE_INVALID_OPTION: --faults is "kill,puase"; .*did you mean pause\?/,
    ],
    [
      'a workload that is none',
      ['--workload', 'watch'],

      /QUORATE_INVALID_OPTION: --workload is "watch"; it must be some of register,append,transactions/,
    ],
    [
      'too little time for the faults',
      ['--seconds', '12', '--faults', 'kill,pause'],

      /QUORATE_INVALID_OPTION: --seconds is 12; it must be at least 14, so that each kind of fault has its turn: /,
    ],
    [
      'two lengths',
      ['--seconds', '60', '--minutes', '1'],

      /QUORATE_INVALID_OPTION: --seconds is "60"; it must be left out/,
    ],
    ['no length', ['--minutes', 'ten'], /QUORATE_INVALID_OPTION: --minutes is "ten"/],
    ['a seed that is none', ['--seed', '-1'], /QUORATE_INVALID_OPTION: --seed is -1/],
    [
      'clock faults for etcd, which must not be meant',
      ['--target', 'etcd', '--faults', 'clock'],

      /QUORATE_CHAOS_(FAULT_IMPOSSIBLE: the fault clock is not possible here: etcd is not put under it|NO_TARGET)/,
    ],
    ['four nodes', ['--nodes', '4'], /QUORATE_USAGE: .*Allowed choices are 3, 5/],
  ])('%s', async (_, flags, message) => {
    const ran = await quorate('chaos', ...flags)
    expect(ran.stderr).toMatch(message)
    expect(ran.code).toBe(2)
    expect(ran.stdout).toBe('')
  })
})
