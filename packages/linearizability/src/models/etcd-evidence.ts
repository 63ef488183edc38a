import type { Operation } from '../operation.js'
import {
  operationsOf,
  type EtcdAnswer,
  type EtcdInput,
  type EtcdKeyValue,
  type EtcdOperation,
  type EtcdOutput,
  type EtcdRange,
} from './etcd-requests.js'
import type { EtcdStates } from './etcd-states.js'

/** What an answer shows of a key: as it was put in `modRevision`, so it was still in `until`. */
interface Sight {
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  until: number
}

/** What is known of one key. */
class KeyEvidence {
  /** By `modRevision`. */
  readonly sights: Sight[] = []
  /** Revisions in which it was not there. */
  readonly absences: number[] = []
  /** Revisions in which it was put, by operations that were answered. */
  readonly puts: number[] = []
  /** Revisions in which it may have been deleted by operations whose revision is known. */
  readonly deletes: number[] = []
}

/**
 * What the answers of a history tell about its revisions, whatever the order of its operations. With it, an operation of unknown outcome is
 * not tried at a revision where it cannot have taken effect: otherwise that would come out much later, when a key is read, and after
 * all orders of whatever stands between. It only spares the search what cannot succeed.
 */
export class EtcdEvidence {
  /** The operation that made a revision: its answer says so, or it alone puts what was seen. */
  readonly #makers = new Map<number, number>()
  /** The revision that an operation of unknown outcome made, where only it can have. */
  readonly #madeBy = new Map<number, number>()
  /** The revisions whose makers are known, in order. */
  readonly #made: number[]
  /** Keys that were put in a revision, and with what, if that is known. */
  readonly #values = new Map<number, Map<string, string | undefined>>()
  readonly #keys = new Map<string, KeyEvidence>()
  /** Revisions of deletes of ranges, where they are known, in order. */
  readonly #rangeDeletes: number[] = []

  constructor(operations: readonly Operation<EtcdInput, EtcdOutput>[]) {
    operations.forEach(({ input, output }, index) => {
      if (output !== undefined) this.#learn(input, output, index)
    })
    this.#findMakers(operations)
    this.#made = [...this.#makers.keys()].sort(ascending)
    this.#rangeDeletes.sort(ascending)
    for (const evidence of this.#keys.values()) {
      evidence.sights.sort((a, b) => a.modRevision - b.modRevision)
      for (const list of [evidence.absences, evidence.puts, evidence.deletes]) list.sort(ascending)
    }
  }

  /** Whether an operation of unknown outcome may be what made this revision. */
  mayBeUnknown(revision: number): boolean {
    const maker = this.#makers.get(revision)
    return maker === undefined || this.#madeBy.has(maker)
  }

  /** Whether `index`, of unknown outcome, may be what made this revision. */
  mayMake(index: number, revision: number): boolean {
    return (this.#makers.get(revision) ?? index) === index && (this.#madeBy.get(index) ?? revision) === revision
  }

  /** Whether an operation that made `revision` of one map another may have done so. */
  allows(states: EtcdStates, input: EtcdInput, before: number, after: number, revision: number): boolean {
    for (const [key, value] of this.#values.get(revision) ?? []) {
      const [number] = states.keysOf(after, { key })
      if (number === undefined) return false
      const record = states.record(after, number)
      if (record.modRevision !== revision || (value !== undefined && record.value !== value)) return false
    }
    return operationsOf(input).every((operation) => {
      if (operation.type === 'range') return true
      const isPut = operation.type === 'put'
      // Only keys that it certainly changed: of a transaction, one branch was done.
      return isPut
        ? states
            .keysOf(after, operation)
            .every(
              (key) =>
                states.record(after, key).modRevision !== revision ||
                this.#allowsPut(states.keys[key] as string, revision),
            )
        : states
            .keysOf(before, operation)
            .every(
              (key) =>
                states.record(after, key).modRevision !== 0 || this.#allowsDelete(states.keys[key] as string, revision),
            )
    })
  }

  #allowsPut(key: string, revision: number): boolean {
    const evidence = this.#keys.get(key)
    if (evidence === undefined) return true
    const { sights, absences, puts, deletes } = evidence
    const at = firstFrom(sights, revision, ({ modRevision }) => modRevision)
    const before = sights[at - 1]
    if (before !== undefined && before.until >= revision) return false

    // Seen later, with a version for each put since it came to be: are all of them known?
    const next = sights[at]
    if (next !== undefined && next.createRevision < revision && next.modRevision > revision) {
      const isSameLife = before !== undefined && before.createRevision === next.createRevision
      const [from, version] = isSameLife ? [before.modRevision, before.version] : [next.createRevision, 1]
      if (count(puts, from, next.modRevision - 1) >= next.version - version - 1) return false
    }

    // Not there later: is there anything that may have deleted it?
    const absent = absences[firstFrom(absences, revision)] ?? Infinity
    // A transaction may delete a key and put it again, in one revision.
    const createdAgain = next === undefined || next.createRevision <= revision ? Infinity : next.createRevision
    const goneUntil = Math.min(absent, createdAgain)
    return (
      goneUntil === Infinity ||
      count(deletes, revision, goneUntil) > 0 ||
      count(this.#rangeDeletes, revision, goneUntil) > 0 ||
      count(this.#made, revision, goneUntil) < goneUntil - revision
    )
  }

  /** Not while it lived on, by what was seen of it. */
  #allowsDelete(key: string, revision: number): boolean {
    const sights = this.#keys.get(key)?.sights ?? []
    const at = firstFrom(sights, revision, ({ modRevision }) => modRevision)
    const before = sights[at - 1]
    const next = sights[at]
    return !(
      (before !== undefined && before.until >= revision) ||
      (next !== undefined && next.createRevision < revision)
    )
  }

  #of(key: string): KeyEvidence {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const made = new KeyEvidence()
    this.#keys.set(key, made)
    return made
  }

  /** A value that one operation puts, and no other, was put by it wherever it was seen. */
  #findMakers(operations: readonly Operation<EtcdInput, EtcdOutput>[]): void {
    const several = -1
    const putters = new Map<string, number>()
    operations.forEach(({ input }, index) => {
      for (const operation of operationsOf(input)) {
        if (operation.type !== 'put') continue
        const what = `${operation.key}\0${operation.value}`
        putters.set(what, (putters.get(what) ?? index) === index ? index : several)
      }
    })
    for (const [revision, values] of this.#values)
      for (const [key, value] of values) {
        const index = value === undefined ? undefined : putters.get(`${key}\0${value}`)
        if (index === undefined || index === several || this.#makers.has(revision)) continue
        if (operations[index]?.output !== undefined) continue
        this.#makers.set(revision, index)
        this.#madeBy.set(index, revision)
        this.#learnDeletes((operations[index] as Operation<EtcdInput, EtcdOutput>).input, revision)
      }
  }

  #learn(input: EtcdInput, output: EtcdOutput, index: number): void {
    const { revision } = output
    const isTxn = input.type === 'txn'
    const answers: readonly EtcdAnswer[] = isTxn ? (output.responses ?? []) : [output]
    doneBy(input, output).forEach((operation, place) => {
      const answer = answers[place] ?? {}
      if (operation.type === 'put') this.#of(operation.key).puts.push(revision)
      if (operation.type === 'put' || (answer.deleted ?? 0) > 0) this.#makers.set(revision, index)
      if (operation.type === 'deleteRange' && operation.rangeEnd === undefined && answer.deleted === 0 && !isTxn)
        this.#of(operation.key).absences.push(revision)
      // A read in a transaction may stand between its changes, which nobody sees.
      if (operation.type === 'range') this.#see(operation, answer, revision, isTxn ? revision : 0)
    })
    this.#learnDeletes(input, revision)
  }

  /** Takes what an operation that made `revision`, if it changed anything, may have deleted. */
  #learnDeletes(input: EtcdInput, revision: number): void {
    for (const operation of operationsOf(input)) {
      if (operation.type !== 'deleteRange') continue
      if (operation.rangeEnd === undefined) this.#of(operation.key).deletes.push(revision)
      else this.#rangeDeletes.push(revision)
    }
  }

  /** Takes what a range shows: as it was `until` a revision; keys of the revision `except` are left out. */
  #see({ key, rangeEnd }: EtcdRange, { kvs }: EtcdAnswer, until: number, except: number): void {
    if (kvs === undefined) return
    if (rangeEnd === undefined && kvs.length === 0 && except === 0) this.#of(key).absences.push(until)
    for (const kv of kvs) {
      const { createRevision, modRevision, version } = kv as Required<EtcdKeyValue>
      if (createRevision === undefined || modRevision === undefined || version === undefined) continue
      if (modRevision === except) continue
      this.#addValue(modRevision, kv.key, kv.value)
      if (createRevision !== modRevision) this.#addValue(createRevision, kv.key, undefined)
      const { sights } = this.#of(kv.key)
      // Answers come roughly in the order of revisions, so the same sight is among the last.
      const known = sights.findLast((each) => each.modRevision === modRevision)
      if (known === undefined) sights.push({ createRevision, modRevision, version, until })
      else known.until = Math.max(known.until, until)
    }
  }

  #addValue(revision: number, key: string, value: string | undefined): void {
    const values = this.#values.get(revision)
    if (values === undefined) this.#values.set(revision, new Map([[key, value]]))
    else values.set(key, value ?? values.get(key))
  }
}

/** The operations that an answer says were done; none when it does not say which branch of a transaction was. */
function doneBy(input: EtcdInput, { succeeded }: EtcdOutput): readonly EtcdOperation[] {
  if (input.type !== 'txn') return [input]
  if (succeeded === undefined) return []
  return succeeded ? input.success : input.failure
}

const ascending = (a: number, b: number): number => a - b

/** The index of the first that is `from` or more. */
function firstFrom<Each>(
  list: readonly Each[],
  from: number,
  of = Number as unknown as (each: Each) => number,
): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (of(list[middle] as Each) < from) low = middle + 1
    else high = middle
  }
  return low
}

/** How many of an ordered list are above `after`, up to and including `until`. */
function count(list: readonly number[], after: number, until: number): number {
  return Math.max(0, firstFrom(list, until + 1) - firstFrom(list, after + 1))
}
