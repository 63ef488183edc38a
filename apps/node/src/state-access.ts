import { QuorateError, type ElectionDefinition } from '@quorate/core'
import { encodeCommand, type KeyValueStateMachine, type Result } from '@quorate/kv'
import type { ProposalEnd, ReadEnd } from './composition/replicated-state.js'
import type { KeyValueHandle, NodeHandle } from './node-handle.js'
import type { OpenState } from './open-state.js'
import { RequestQueue, type RequestTaker } from './request-queue.js'

/** How a node's user, and the clients that it serves, get at the replicated state. */
export class StateAccess {
  readonly requests: RequestQueue
  readonly kv: NodeHandle['kv']
  readonly #replicates: boolean
  readonly #election: string

  /** `step` runs an action on the state as one step, and throws `QUORATE_NOT_RUNNING` when there is none. */
  constructor(
    { name }: ElectionDefinition<unknown>,
    state: OpenState | undefined,
    step: (action: (taker: RequestTaker) => void) => void,
  ) {
    this.requests = new RequestQueue(step)
    this.kv = state?.kv && this.#handle(state.kv)
    this.#replicates = state !== undefined
    this.#election = name
  }

  async propose(command: Uint8Array): Promise<ProposalEnd<unknown>> {
    this.#requireReplication()
    return new Promise((resolve) => this.requests.propose(command, resolve))
  }

  async read(): Promise<ReadEnd> {
    this.#requireReplication()
    return new Promise((resolve) => this.requests.read(resolve))
  }

  #handle(machine: KeyValueStateMachine): KeyValueHandle {
    return {
      execute: async (command) => (await this.propose(encodeCommand(command))) as ProposalEnd<Result>,
      range: async (request, { serializable = false } = {}) => {
        const end = serializable ? 'ready' : await this.read()
        return end === 'ready' ? machine.range(request) : { type: 'unavailable', reason: end }
      },
    }
  }

  #requireReplication(): void {
    if (this.#replicates) return
    throw new QuorateError(
      'QUORATE_ELECTION_CARRIES_NO_LOG',
      `nothing is replicated here: the election "${this.#election}" carries no log; start all members with one that does, such as raft or timestamp`,
      { election: this.#election },
    )
  }
}
