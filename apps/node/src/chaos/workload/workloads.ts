import type { Random } from '@quorate/core'
import type { EtcdCompare, EtcdOperation } from '@quorate/linearizability'
import type { WorkloadClient } from './client.js'
import type { WorkloadName } from './history.js'

/** Does a little of a workload: one request, or a read and the change that follows from it. Resolves with whether all was answered. */
export type Step = () => Promise<boolean>

/** Makes the steps of one client. */
export const workloads: Readonly<Record<WorkloadName, (client: WorkloadClient, random: Random) => Step>> = {
  register: registerWorkload,
  append: appendWorkload,
  transactions: transactionsWorkload,
}

const registers = ['r/0', 'r/1', 'r/2', 'r/3', 'r/4'] as const

/** Registers that are read, written, and set if they hold what was read last. */
function registerWorkload(client: WorkloadClient, random: Random): Step {
  const seen = new Map<string, string>()
  return async () => {
    const key = random.pick(registers)
    const from = seen.get(key)
    const kind = random.pick(['read', 'read', 'write', 'cas'] as const)
    if (kind === 'read' || (kind === 'cas' && from === undefined)) {
      const output = await client.ask({ type: 'range', key })
      const value = output?.kvs?.[0]?.value
      if (value !== undefined) seen.set(key, value)
      return output !== undefined
    }
    const mark = client.mark()
    const put: EtcdOperation = { type: 'put', key, value: mark }
    if (kind === 'write') return (await client.ask(put, mark)) !== undefined
    const compare: EtcdCompare = { target: 'value', key, result: 'equal', value: from }
    const output = await client.ask({ type: 'txn', compare: [compare], success: [put], failure: [] }, mark)
    if (output?.succeeded === true) seen.set(key, mark)
    return output !== undefined
  }
}

/** So long does a text get; then another key is taken. */
const maxPieces = 40

/** Texts that grow at their ends: read, and put with one piece more if nobody else was faster. */
function appendWorkload(client: WorkloadClient, random: Random): Step {
  const texts = [0, 1, 2]
  return async () => {
    const place = random.integer(0, texts.length - 1)
    const key = `a/${place}/${texts[place]}`
    const read = await client.ask({ type: 'range', key })
    if (read === undefined) return false
    const { value = '', modRevision = 0 } = read.kvs?.[0] ?? {}
    if (value.split('>').length > maxPieces) {
      texts[place] = (texts[place] as number) + 1
      return true
    }
    if (random.chance(0.3)) return true
    const mark = client.mark()
    const compare: EtcdCompare = { target: 'mod', key, result: 'equal', number: modRevision }
    const put: EtcdOperation = { type: 'put', key, value: `${value}${mark}` }
    return (await client.ask({ type: 'txn', compare: [compare], success: [put], failure: [] }, mark)) !== undefined
  }
}

const accounts = ['t/0', 't/1', 't/2', 't/3', 't/4', 't/5'] as const
const allAccounts = { key: 't/', rangeEnd: 't0' } as const

/** Several keys at once: read, written and deleted together, under conditions of all that a key has. */
function transactionsWorkload(client: WorkloadClient, random: Random): Step {
  let versions = new Map<string, number>()
  return async () => {
    const read: EtcdOperation = { type: 'range', ...allAccounts }
    const kind = random.pick(['read', 'read', 'pair', 'pair', 'all', 'delete'] as const)
    if (kind === 'read') {
      const output = await client.ask(read)
      versions = new Map(output?.kvs?.map(({ key, modRevision = 0 }) => [key, modRevision]))
      return output !== undefined
    }
    const [first, second] = random.shuffle(accounts) as [string, string]
    const mark = client.mark()
    const put = (key: string): EtcdOperation => ({ type: 'put', key, value: mark })
    if (kind === 'pair') {
      // Both as they were when last read, or nothing changes.
      const compare = [first, second].map((key): EtcdCompare => ({
        target: 'mod',
        key,
        result: 'equal',
        number: versions.get(key) ?? 0,
      }))
      return (
        (await client.ask({ type: 'txn', compare, success: [put(first), put(second)], failure: [read] }, mark)) !==
        undefined
      )
    }
    const compare: EtcdCompare = { target: 'version', key: first, result: 'greater', number: random.integer(0, 3) }
    const change: readonly EtcdOperation[] =
      kind === 'all'
        ? [put(first), put(second), read]
        : [{ type: 'deleteRange', key: first }, put(second), { type: 'range', key: first }]
    const otherwise: readonly EtcdOperation[] = [{ type: 'range', key: second }, put(first)]
    return (
      (await client.ask({ type: 'txn', compare: [compare], success: change, failure: otherwise }, mark)) !== undefined
    )
  }
}
