import type { NodeId, Random } from '@quorate/core'
import { encodeCommand } from '@quorate/kv'
import type { EtcdInput, EtcdKeyValue, EtcdOutput, Operation } from '@quorate/linearizability'
import type { Simulation } from '@quorate/simulation'
import type { Member } from 'quorate'
import { drawOperation } from './draw-operation.js'
import { commandOf, outputOf, rangeOf } from './etcd-operations.js'
import type { WatchedMachine } from './watched-machine.js'

export interface ClientOptions {
  readonly simulation: Simulation<Member>
  readonly nodes: readonly NodeId[]
  readonly random: Random
  /** The state of a node's present life. */
  readonly machine: (id: NodeId) => WatchedMachine
  /** How long it waits for an answer, in milliseconds: what comes later it does not hear. */
  readonly patienceMs: number
  /** The longest pause between an answer and the next operation. */
  readonly pauseMs: number
  readonly record: (operation: Operation<EtcdInput, EtcdOutput>) => void
}

/** One operation on its way. */
interface Call {
  readonly input: EtcdInput
  readonly callAt: number
}

/** A client of the store, which asks one node after the other, one operation at a time, and remembers what it was answered. */
export class Client {
  readonly #name: string
  readonly #options: ClientOptions
  readonly #seen = new Map<string, EtcdKeyValue>()
  #operations = 0
  #call: Call | undefined
  #ended = false
  /** The only node that it asks, until that has answered a put and a read. */
  #only: NodeId | undefined
  #answered = new Set<string>()

  constructor(name: string, options: ClientOptions) {
    this.#name = name
    this.#options = options
  }

  /** Whether the node that it insists on has answered a put and a read. */
  get content(): boolean {
    return this.#answered.size === 2
  }

  begin(): void {
    this.#soon()
  }

  insist(node: NodeId): void {
    this.#only = node
    this.#soon()
  }

  /** Nothing more is asked; what is under way has no answer. */
  end(): void {
    this.#ended = true
    if (this.#call !== undefined) this.#unanswered(this.#call)
  }

  #soon(): void {
    const { simulation, random, pauseMs } = this.#options
    simulation.at(simulation.now + pauseMs * random.fraction(), () => this.#ask())
  }

  #ask(): void {
    if (this.#ended || (this.#only !== undefined && this.content)) return
    const { simulation, random, nodes, machine, patienceMs } = this.#options
    const node = this.#only ?? random.pick(nodes)
    const value = `${this.#name}-${++this.#operations}`
    if (!simulation.isUp(node)) return this.#soon()
    if (this.#only === undefined && random.chance(0.04)) this.#compact(node)
    const input = this.#only === undefined ? drawOperation(random, this.#seen, value) : this.#insistent(value)
    const call: Call = { input, callAt: simulation.now }
    this.#call = call
    const what = `${this.#name} ${input.type}`
    if (input.type === 'range') {
      simulation.request(node, what, ({ state }) =>
        state?.read([
          (end) => {
            if (end !== 'ready') return this.#dropped(call)
            const result = machine(node).range(rangeOf(input))
            if (result.type === 'range') this.#answer(call, outputOf(result) as EtcdOutput)
          },
        ]),
      )
    } else {
      const command = encodeCommand(commandOf(input) as NonNullable<ReturnType<typeof commandOf>>)
      simulation.request(node, what, ({ state }) =>
        state?.propose([
          {
            command,
            ended: (end) => {
              if (end.outcome === 'rejected') this.#dropped(call)
              else if (end.outcome === 'committed') this.#answer(call, outputOf(end.result as never) as EtcdOutput)
              // Of unknown outcome: given up below.
            },
          },
        ]),
      )
    }
    simulation.at(call.callAt + patienceMs, () => {
      if (this.#call === call) this.#unanswered(call)
    })
  }

  /** Gives up a part of the history. It changes nothing that the present shows, so it is no operation of the model. */
  #compact(node: NodeId): void {
    const { simulation, machine, random } = this.#options
    const revision = machine(node).revision - random.integer(0, 5)
    const command = encodeCommand({ type: 'compact', revision })
    simulation.request(node, `${this.#name} compact`, ({ state }) => state?.propose([{ command, ended: () => {} }]))
  }

  #insistent(value: string): EtcdInput {
    return this.#answered.has('put') ? { type: 'range', key: 'a', rangeEnd: '\0' } : { type: 'put', key: 'a', value }
  }

  #answer(call: Call, output: EtcdOutput): void {
    if (this.#call !== call) return
    const returnAt = this.#options.simulation.now
    this.#options.record({ client: this.#name, ...call, output, returnAt })
    this.#answered.add(call.input.type)
    if (call.input.type === 'range') {
      if (call.input.rangeEnd === undefined) this.#seen.delete(call.input.key)
      else this.#seen.clear()
      for (const kv of output.kvs ?? []) this.#seen.set(kv.key, kv)
    }
    this.#next()
  }

  /** Certainly without effect: it does not belong into the history. */
  #dropped(call: Call): void {
    if (this.#call === call) this.#next()
  }

  #unanswered(call: Call): void {
    // A read that was not answered tells nothing, and changes nothing.
    if (call.input.type !== 'range') this.#options.record({ client: this.#name, ...call })
    this.#next()
  }

  #next(): void {
    this.#call = undefined
    if (!this.#ended) this.#soon()
  }
}
