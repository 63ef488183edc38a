import { stateMachineConformance } from '@quorate/conformance'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { encodeCommand } from '../src/index.js'
import { command } from './arbitraries.js'
import { described, everything, open } from './machine.js'

stateMachineConformance(
  {
    name: 'key-value',
    create: () => open(),
    command: (random) => {
      const [drawn] = fc.sample(command, { seed: random.integer(0, 1_000_000_000), numRuns: 1 })
      return encodeCommand(drawn!)
    },
    show: (machine) => [described(machine), everything(machine)],
  },
  { describe, it },
)
