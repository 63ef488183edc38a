import { describe, expect, it } from 'vitest'
import { quorate } from './support/in-process.js'

describe('quorate chaos, called wrongly, starts nothing and says what is wrong:', () => {
  it.each<[string, string[], number, RegExp]>([
    [
      'a fault that is none',
      ['--faults', 'kill,puase'],
      1,
      /QUORATE_INVALID_OPTION: --faults is "kill,puase"; .*did you mean pause\?/,
    ],
    [
      'a workload that is none',
      ['--workload', 'watch'],
      1,
      /QUORATE_INVALID_OPTION: --workload is "watch"; it must be some of register,append,transactions/,
    ],
    [
      'too little time for the faults',
      ['--seconds', '12', '--faults', 'kill,pause'],
      1,
      /QUORATE_INVALID_OPTION: --seconds is 12; it must be at least 14 for 2 kinds/,
    ],
    [
      'two lengths',
      ['--seconds', '60', '--minutes', '1'],
      1,
      /QUORATE_INVALID_OPTION: --seconds is "60"; it must be left out/,
    ],
    ['no length', ['--minutes', 'ten'], 1, /QUORATE_INVALID_OPTION: --minutes is NaN/],
    ['a seed that is none', ['--seed', '-1'], 1, /QUORATE_INVALID_OPTION: --seed is -1/],
    [
      'clock faults for etcd, which must not be meant',
      ['--target', 'etcd', '--faults', 'clock'],
      1,
      /QUORATE_CHAOS_(FAULT_IMPOSSIBLE: the fault clock is not possible here: etcd is not put under it|NO_TARGET)/,
    ],
    ['four nodes', ['--nodes', '4'], 2, /QUORATE_USAGE: .*Allowed choices are 3, 5/],
  ])('%s', async (_, flags, code, message) => {
    const ran = await quorate('chaos', ...flags)
    expect(ran.stderr).toMatch(message)
    expect(ran.code).toBe(code)
    expect(ran.stdout).toBe('')
  })
})
