import { compareTerms, type LogEntry, type NodeId, type ReplicatedLog, type Term } from '@quorate/core'
import type { Simulation } from '../simulation.js'
import type { Violations } from './checks.js'

/** What a checker remembers of an entry: its identity, and that of everything before it. */
interface Known {
  readonly term: Term
  readonly command: string
  /** A digest, in two halves, of the log up to and including this entry. */
  readonly low: number
  readonly high: number
}

/**
 * Watches the logs of all nodes, and what they commit, for the five properties of Raft.
 *
 * Logs are mirrored: after each step only what the node's log has gained or lost is read, so that checking every step costs little.
 */
export class LogChecks {
  readonly #violations: Violations
  readonly #simulation: Simulation<ReplicatedLog<unknown>>
  readonly #mirrors = new Map<NodeId, Known[]>()
  /** By `index term`: whatever log has such an entry is the same up to it. */
  readonly #known = new Map<string, Known>()
  /** By index: what has been committed anywhere. */
  readonly #committed: Known[] = []
  readonly #leaders = new Map<string, NodeId>()
  /** Of nodes that lead: in which term. */
  readonly #leading = new Map<NodeId, Term>()
  /** How far each node has ever applied its log. */
  readonly #applied = new Map<NodeId, number>()

  constructor(simulation: Simulation<ReplicatedLog<unknown>>, violations: Violations) {
    this.#simulation = simulation
    this.#violations = violations
  }

  /** How many entries have been committed, as far as any node knows. */
  get committedIndex(): number {
    return this.#committed.length
  }

  /** The command that was committed at an index; empty where a term only began. */
  commandAt(index: number): string | undefined {
    return this.#committed[index - 1]?.command
  }

  /** The committed commands, in order. */
  get commands(): readonly string[] {
    return this.#committed.map(({ command }) => command)
  }

  leaderChanged(node: NodeId, leader: NodeId | undefined, term: Term): void {
    const deposed = this.#leading.delete(node) && leader !== node
    if (deposed && (this.#mirrors.get(node)?.length ?? 0) > this.#committed.length) {
      this.#simulation.marks.add('leader-deposed-with-uncommitted')
    }
    if (leader !== node) return
    const key = termKey(term)
    const known = this.#leaders.get(key)
    if (known !== undefined && known !== node) {
      this.#violations.add('election-safety', `term ${key} is led by ${known} and by ${node}`)
    }
    this.#leaders.set(key, node)
    this.#leading.set(node, term)
    this.#mirror(node)
    const mirror = this.#mirrors.get(node) ?? []
    const newest = this.#committed.at(-1)
    if (
      newest !== undefined &&
      compareTerms(newest.term, term) < 0 &&
      !samePrefix(mirror[this.#committed.length - 1], newest)
    ) {
      const what = `${node} leads term ${key} without what was committed up to index ${this.#committed.length}`
      this.#violations.add('leader-completeness', what)
    }
  }

  committed(node: NodeId, entries: readonly LogEntry[]): void {
    this.#mirror(node)
    const mirror = this.#mirrors.get(node) ?? []
    for (const { index } of entries) {
      this.#applied.set(node, Math.max(index, this.#applied.get(node) ?? 0))
      const applied = mirror[index - 1]
      const known = this.#committed[index - 1]
      if (applied === undefined)
        this.#violations.add('state-machine-safety', `${node} applies index ${index}, which it does not have`)
      else if (known === undefined) {
        this.#committed[index - 1] = applied
        this.#markCommitted(node, applied)
      } else if (!samePrefix(known, applied)) {
        this.#violations.add(
          'state-machine-safety',
          `${node} applies another entry at index ${index} than was applied before`,
        )
      }
    }
  }

  /** To be called after each step of `node`. */
  stepped(node: NodeId): void {
    const shrunk = this.#mirror(node)
    if (shrunk !== undefined) this.#simulation.marks.add('entries-truncated')
    if (shrunk !== undefined && this.#leading.has(node) && this.#simulation.root(node).leader === node) {
      this.#violations.add('leader-append-only', `${node} leads and changes its log from index ${shrunk} on`)
    }
  }

  /** A new life of the node has only what was durable. */
  restarted(node: NodeId): void {
    this.#mirrors.delete(node)
    this.#leading.delete(node)
  }

  /** A new life has begun: what was applied stays applied, so that a log that has lost some of it no longer explains its state. */
  started(node: NodeId): void {
    this.#mirror(node)
    const [held, applied] = [this.#mirrors.get(node)?.length ?? 0, this.#applied.get(node) ?? 0]
    if (held < applied)
      this.#violations.add(
        'state-machine-safety',
        `${node} has applied ${applied} entries and finds ${held} in its log`,
      )
  }

  #markCommitted(node: NodeId, { term }: Known): void {
    const simulation = this.#simulation
    if (compareTerms(term, simulation.root(node).term) < 0) simulation.marks.add('earlier-term-committed')
    const missing = simulation.nodes.some((id) => !simulation.isUp(id) || !simulation.connected(node, id))
    if (missing) simulation.marks.add('committed-without-all')
  }

  /** Reads every log from its beginning, and compares it with what was read before. */
  checkAll(ids: readonly NodeId[]): void {
    for (const id of ids) {
      this.#mirrors.delete(id)
      this.#mirror(id)
    }
  }

  /** Follows the node's log; returns the first index that was removed or replaced, if any was. A log that is lost has none. */
  #mirror(node: NodeId): number | undefined {
    return this.#simulation.look(node, (log) => this.#follow(node, log))
  }

  #follow(node: NodeId, log: ReplicatedLog<unknown>): number | undefined {
    let mirror = this.#mirrors.get(node)
    if (mirror === undefined) this.#mirrors.set(node, (mirror = []))
    const before = mirror.length
    const { index: lastIndex, term: lastTerm } = log.position
    // By log matching a log that ends as before is as before; all of it is compared at the end.
    if (lastIndex === before && (before === 0 || sameTerm((mirror[before - 1] as Known).term, lastTerm)))
      return undefined
    let same = Math.min(before, lastIndex)
    while (same > 0 && !sameTerm((mirror[same - 1] as Known).term, (log.entry(same) as LogEntry).term)) same--
    mirror.length = same
    for (let index = same + 1; index <= lastIndex; index++) {
      const { term, command } = log.entry(index) as LogEntry
      const { low, high } = digest(mirror[index - 2], term, command)
      const key = `${index} ${termKey(term)}`
      const known = this.#known.get(key)
      if (known !== undefined && known.low === low && known.high === high) {
        mirror.push(known)
        continue
      }
      const entry = { term, command: command === undefined ? '' : String.fromCharCode(...command), low, high }
      mirror.push(entry)
      if (known === undefined) this.#known.set(key, entry)
      else {
        this.#violations.add(
          'log-matching',
          `${node} has another log up to index ${index} of term ${termKey(term)} than others have`,
        )
      }
    }
    return same < before ? same + 1 : undefined
  }
}

function sameTerm(a: Term, b: Term): boolean {
  return a.number === b.number && a.id === b.id
}

function termKey({ number, id }: Term): string {
  return id === '' ? String(number) : `${number}/${id}`
}

function samePrefix(a: Known | undefined, b: Known): boolean {
  return a !== undefined && a.low === b.low && a.high === b.high
}

/** FNV-1a in two lanes, over what came before and then the entry: 64 bits tell prefixes apart. */
function digest(before: Known | undefined, { number, id }: Term, command: Uint8Array | undefined) {
  let low = before?.low ?? 0x811c_9dc5 | 0
  let high = before?.high ?? 0x01b3_1000
  const add = (code: number): void => {
    low = Math.imul(low ^ code, 0x0100_0193)
    high = Math.imul(high ^ code ^ (low >>> 16), 0x85eb_ca6b)
  }
  add(number)
  for (let index = 0; index < id.length; index++) add(id.charCodeAt(index))
  add(command === undefined ? -1 : command.length)
  if (command !== undefined) for (let index = 0; index < command.length; index++) add(command[index] as number)
  return { low, high }
}
