import type { SnapshotReceiver, StateMachine } from '@quorate/core'
import type { StateMachineSubject } from '../../src/index.js'

/** A sum: a command is a number, its result the sum so far. */
export class Summing implements StateMachine<number> {
  appliedIndex = 0
  sum = 0

  apply(firstIndex: number, commands: readonly Uint8Array[]): readonly number[] {
    this.appliedIndex = firstIndex + commands.length - 1
    return commands.map((command) => (this.sum += this.worth(command[0] as number)))
  }

  protected worth(number: number): number {
    return number
  }

  snapshot(): Iterable<Uint8Array> {
    return [Uint8Array.of(this.sum >> 8), Uint8Array.of(this.sum & 255)]
  }

  restore(appliedIndex: number): SnapshotReceiver {
    const bytes: number[] = []
    return {
      chunk: (chunk) => void bytes.push(...chunk),
      finish: () => this.become(appliedIndex, bytes),
      abandon: () => {},
    }
  }

  protected become(appliedIndex: number, [high = 0, low = 0]: readonly number[]): void {
    this.appliedIndex = appliedIndex
    this.sum = (high << 8) | low
  }
}

/** What it makes of a number depends on how many there have been in this process. */
let applied = 0
class Moody extends Summing {
  protected override worth(number: number): number {
    return number + (applied++ % 7 === 0 ? 1 : 0)
  }
}

/** Adds one for each batch. */
class Counting extends Summing {
  override apply(firstIndex: number, commands: readonly Uint8Array[]): readonly number[] {
    this.sum++
    return super.apply(firstIndex, commands)
  }
}

/** Says nothing of the last command. */
class Terse extends Summing {
  override apply(firstIndex: number, commands: readonly Uint8Array[]): readonly number[] {
    return super.apply(firstIndex, commands).slice(0, -1)
  }
}

/** Says that it has applied one more. */
class Ahead extends Summing {
  override apply(firstIndex: number, commands: readonly Uint8Array[]): readonly number[] {
    const results = super.apply(firstIndex, commands)
    this.appliedIndex++
    return results
  }
}

/** Restores something else. */
class Rounding extends Summing {
  protected override become(appliedIndex: number, [high = 0, low = 0]: readonly number[]): void {
    super.become(appliedIndex, [high, low & 0xfe])
  }
}

/** Takes the state for its snapshot when it is asked for the last chunk. */
class Moving extends Summing {
  override *snapshot(): Iterable<Uint8Array> {
    yield Uint8Array.of(this.sum >> 8)
    yield Uint8Array.of(this.sum & 255)
  }
}

/** Restores an image also when it was abandoned. */
class Hasty extends Summing {
  override restore(appliedIndex: number): SnapshotReceiver {
    const receiver = super.restore(appliedIndex)
    return { ...receiver, abandon: () => receiver.finish() }
  }
}

/** Throws over a certain sum. */
class Superstitious extends Summing {
  protected override worth(number: number): number {
    if (this.sum === 13) throw new Error('thirteen')
    return number
  }
}

function subject(Class: typeof Summing): StateMachineSubject<Summing> {
  return {
    name: 'sum',
    create: () => new Class(),
    command: (random) => Uint8Array.of(random.integer(0, 9)),
    show: ({ sum }) => sum,
  }
}

export const summing = subject(Summing)

/** Each wrong in one way, with the tests that must fail over it. */
export const wrongMachines: readonly (readonly [
  what: string,
  StateMachineSubject<Summing>,
  fails: readonly string[],
])[] = [
  [
    'depends on what was before',
    subject(Moody),
    [
      'determinism: equal commands from equal states lead to equal states and results',
      'equal state at equal index, however commands are batched',
      'snapshot fidelity: a restored snapshot is the state that it was taken of, and goes on like it',
    ],
  ],
  ['counts batches', subject(Counting), ['equal state at equal index, however commands are batched']],
  ['leaves out a result', subject(Terse), ['a result for each command']],
  ['is ahead of itself', subject(Ahead), ['applied index: that of the last command, and 0 at the beginning']],
  [
    'restores another state',
    subject(Rounding),
    ['snapshot fidelity: a restored snapshot is the state that it was taken of, and goes on like it'],
  ],
  ['moves under its snapshot', subject(Moving), ['a snapshot stands still while commands are applied']],
  ['restores what was abandoned', subject(Hasty), ['a restore that is abandoned changes nothing']],
  ['throws', subject(Superstitious), ['does what it is asked without throwing']],
]
