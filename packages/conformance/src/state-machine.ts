import type { Random, StateMachine } from '@quorate/core'
import { sameData } from './data.js'
import { Suite, type TestRunner } from './runner.js'
import { testByTrials, type Findings } from './trials.js'

/** A state machine to be tested. */
export interface StateMachineSubject<Machine extends StateMachine = StateMachine> {
  readonly name: string
  /** A machine in its first state, that shares nothing with another. */
  readonly create: () => Machine
  /** A command, encoded. Let a few keys and values meet often. */
  readonly command: (random: Random) => Uint8Array
  /** All that can be seen of a state, as data. Default: the bytes of its snapshot, which then must be the same for equal states. */
  readonly show?: (machine: Machine) => unknown
}

const properties = [
  'determinism: equal commands from equal states lead to equal states and results',
  'equal state at equal index, however commands are batched',
  'a result for each command',
  'applied index: that of the last command, and 0 at the beginning',
  'snapshot fidelity: a restored snapshot is the state that it was taken of, and goes on like it',
  'a snapshot stands still while commands are applied',
  'a restore that is abandoned changes nothing',
] as const
const [determinism, batching, results, appliedIndex, fidelity, standing, abandoned] = properties

/**
 * The tests of a state machine that a replicated log may carry.
 *
 * @example
 * stateMachineConformance({ name: 'counter', create: () => new Counter(), command: (random) => Uint8Array.of(random.integer(0, 9)) }, { describe, it })
 */
export function stateMachineConformance<Machine extends StateMachine>(
  subject: StateMachineSubject<Machine>,
  options: TestRunner & { readonly seeds?: number },
): void {
  const suite = new Suite(options)
  suite.describe(`${subject.name}, a state machine`, () => {
    testByTrials(suite, options.seeds ?? 200, properties, (random, findings) =>
      new MachineTrial(subject, random, findings).run(),
    )
  })
}

class MachineTrial<Machine extends StateMachine> {
  readonly #subject: StateMachineSubject<Machine>
  readonly #random: Random
  readonly #findings: Findings

  constructor(subject: StateMachineSubject<Machine>, random: Random, findings: Findings) {
    this.#subject = subject
    this.#random = random
    this.#findings = findings
  }

  run(): void {
    const { create } = this.#subject
    const [one, twin, single] = [create(), create(), create()]
    if (one.appliedIndex !== 0) this.#findings.add(appliedIndex, `it begins at ${one.appliedIndex}`)
    for (let batches = this.#random.integer(1, 8); batches > 0; batches--) {
      if (!this.#applyThreefold(one, twin, single)) return
    }
    this.#snapshot(one)
  }

  /** Applies the same batch to all: whole to two, command by command to the third. Returns whether they stayed the same. */
  #applyThreefold(one: Machine, twin: Machine, single: Machine): boolean {
    const findings = this.#findings
    const commands = this.#commands(1, 6)
    const firstIndex = one.appliedIndex + 1
    const mine = one.apply(firstIndex, commands)
    if (mine.length !== commands.length) {
      findings.add(results, `${commands.length} commands have ${mine.length} results`)
      return false
    }
    if (one.appliedIndex !== firstIndex + commands.length - 1) {
      findings.add(
        appliedIndex,
        `${commands.length} commands from index ${firstIndex} on leave it at ${one.appliedIndex}`,
      )
      return false
    }
    if (!sameData(mine, twin.apply(firstIndex, commands)) || !this.#same(one, twin)) {
      findings.add(determinism, `two machines differ after ${commands.length} commands from index ${firstIndex} on`)
      return false
    }
    const others = commands.flatMap((command, place) => [...single.apply(firstIndex + place, [command])])
    if (sameData(mine, others) && this.#same(one, single)) return true
    const what = `${commands.length} commands from index ${firstIndex} on do something else when applied one by one`
    findings.add(batching, what)
    return false
  }

  #snapshot(machine: Machine): void {
    const { create } = this.#subject
    const findings = this.#findings
    const index = machine.appliedIndex
    const shown = this.#show(machine)
    const image = [...machine.snapshot()]
    const copy = create()
    restore(copy, index, image)
    if (!sameData(this.#show(copy), shown) || copy.appliedIndex !== index) {
      findings.add(fidelity, `a snapshot of index ${index} is restored as another state, of index ${copy.appliedIndex}`)
      return
    }

    const over = create()
    over.apply(1, this.#commands(1, 6))
    const before = [this.#show(over), over.appliedIndex]
    const receiver = over.restore(index)
    for (const chunk of image) receiver.chunk(chunk)
    receiver.abandon()
    if (!sameData([this.#show(over), over.appliedIndex], before)) {
      findings.add(abandoned, `its state is another after a restore of index ${index} was abandoned`)
    }

    const began = machine.snapshot()
    const more = this.#commands(1, 6)
    const expected = machine.apply(index + 1, more)
    const late = create()
    restore(late, index, began)
    if (!sameData(this.#show(late), shown)) {
      findings.add(standing, `a snapshot begun at index ${index} shows what was applied later`)
    }
    if (!sameData(copy.apply(index + 1, more), expected) || !this.#same(copy, machine)) {
      findings.add(fidelity, `what was restored at index ${index} goes on otherwise than the original`)
    }
  }

  #commands(min: number, max: number): readonly Uint8Array[] {
    return Array.from({ length: this.#random.integer(min, max) }, () => this.#subject.command(this.#random))
  }

  #same(one: Machine, other: Machine): boolean {
    return sameData(this.#show(one), this.#show(other))
  }

  #show(machine: Machine): unknown {
    const { show } = this.#subject
    if (show !== undefined) return show(machine)
    const bytes: number[] = []
    for (const chunk of machine.snapshot()) for (const byte of chunk) bytes.push(byte)
    return bytes
  }
}

function restore(machine: StateMachine, appliedIndex: number, chunks: Iterable<Uint8Array>): void {
  const receiver = machine.restore(appliedIndex)
  for (const chunk of chunks) receiver.chunk(chunk)
  receiver.finish()
}
