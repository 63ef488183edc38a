import type { ServiceError } from '@grpc/grpc-js'
import type { EtcdClient, Entry } from './etcd-client.js'
import type { Acknowledged, WriteLoad } from './write-load.js'

/** How many reads of the history are under way at a time. */
const readsAtATime = 64
const named = 5

export interface Checked {
  readonly acknowledged: number
  /** Writes that were not acknowledged and are there all the same. */
  readonly unacknowledged: number
  readonly revision: number
  /** What is wrong, in sentences. Empty when all is well. */
  readonly wrong: readonly string[]
}

/**
 * Reads everything back from every node, linearizably and serializably, and holds it against what the writers were told:
 * every acknowledged write is there with the revision that its answer stated, in the present or, if it was overwritten, in the history; nothing
 * is there that nobody wrote, or that was carried out twice; and the nodes hold the same, with its history, by their hashes.
 */
export async function checkNothingLost(
  clients: ReadonlyMap<string, EtcdClient>,
  loads: readonly WriteLoad[],
): Promise<Checked> {
  const acknowledged = loads.flatMap((load) => load.acknowledged)
  const wrong = loads.flatMap(({ anomalies }) => anomalies)
  const revisions = new Map<number, Acknowledged>()
  for (const write of acknowledged) {
    const other = revisions.get(write.revision)
    if (other !== undefined) wrong.push(`${write.value} and ${other.value} both got revision ${write.revision}`)
    revisions.set(write.revision, write)
  }
  const written = new Map(loads.flatMap((load) => [...load.written]))
  // A linearizable read of each node first: from then on each has what was acknowledged. The node is well by its own word, and yet a
  // client may have met its closed port last, and wait before it tries anew.
  const patience = { timeoutMs: 30_000, waitForReady: true }
  const current = await Promise.all([...clients.values()].map((client) => client.read('any', patience)))
  const revision = Math.max(...current.map((each) => each.revision))
  const hashes = new Map<string, number>()
  let present = new Map<string, Entry>()
  for (const [id, client] of clients) {
    for (const serializable of [false, true]) {
      const all = await client.readAll({ revision, serializable })
      wrong.push(...wrongIn(all, acknowledged, written, `${id}, ${serializable ? 'serializably' : 'linearizably'}`))
      present = all
    }
    wrong.push(...(await wrongInHistory(client, acknowledged, id)))
    hashes.set(id, await client.hash(revision))
  }
  if (new Set(hashes.values()).size > 1)
    wrong.push(`the hashes at revision ${revision} differ: ${JSON.stringify(Object.fromEntries(hashes))}`)
  const acknowledgedValues = new Set(acknowledged.map(({ value }) => value))
  const unacknowledged = [...present.values()].filter(({ value }) => !acknowledgedValues.has(value)).length
  return {
    acknowledged: acknowledged.length,
    unacknowledged,
    revision,
    wrong: wrong.length <= named ? wrong : [...wrong.slice(0, named), `and ${wrong.length - named} more`],
  }
}

function wrongIn(
  all: ReadonlyMap<string, Entry>,
  acknowledged: readonly Acknowledged[],
  written: ReadonlyMap<string, ReadonlySet<string>>,
  where: string,
): string[] {
  const wrong: string[] = []
  for (const { key, value, revision } of acknowledged) {
    const entry = all.get(key)
    if (entry === undefined) wrong.push(`${value} was acknowledged, and ${where}, there is no ${key}`)
    else if (isRegister(key) ? entry.modRevision < revision : !isExactly(entry, value, revision))
      wrong.push(`${value} was acknowledged with revision ${revision}, and ${where}, it is ${JSON.stringify(entry)}`)
  }
  for (const entry of all.values()) {
    const values = written.get(entry.key)
    if (values?.has(entry.value) !== true) wrong.push(`nobody wrote ${JSON.stringify(entry)}, read ${where}`)
    else if (entry.version > values.size)
      wrong.push(`${entry.key} was written ${values.size} times, and ${where}, it is ${JSON.stringify(entry)}`)
  }
  return wrong
}

async function wrongInHistory(
  client: EtcdClient,
  acknowledged: readonly Acknowledged[],
  where: string,
): Promise<string[]> {
  const wrong: string[] = []
  const overwritten = acknowledged.filter(({ key }) => isRegister(key))
  const readOn = async (): Promise<void> => {
    for (let write = overwritten.pop(); write !== undefined; write = overwritten.pop()) {
      const { key, value, revision } = write
      const read = client.read(key, { revision, serializable: true, timeoutMs: 30_000 })
      const shown = await read.then(
        ({ entries: [entry] }) =>
          entry?.value === value && entry.modRevision === revision ? undefined : JSON.stringify(entry ?? 'nothing'),
        ({ details }: ServiceError) => details,
      )
      if (shown !== undefined) wrong.push(`${value} got revision ${revision}, and there ${where} shows ${shown}`)
    }
  }
  await Promise.all(Array.from({ length: readsAtATime }, readOn))
  return wrong
}

function isRegister(key: string): boolean {
  return key.endsWith('/register')
}

function isExactly(entry: Entry, value: string, revision: number): boolean {
  return entry.value === value && entry.modRevision === revision && entry.version === 1
}
