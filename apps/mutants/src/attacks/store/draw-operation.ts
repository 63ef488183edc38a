import type { Random } from '@quorate/core'
import type { EtcdCompare, EtcdInput, EtcdKeyValue, EtcdOperation } from '@quorate/linearizability'

/** Few, so that operations meet. */
const keys = ['a', 'b', 'c', 'd'] as const
const everything: EtcdOperation = { type: 'range', key: 'a', rangeEnd: '\0' }

/** What a client has last seen of a key. */
export type Seen = ReadonlyMap<string, EtcdKeyValue>

/** Draws an operation of a client; `value` is one that nobody else puts. */
export function drawOperation(random: Random, seen: Seen, value: string): EtcdInput {
  const [key, other] = random.shuffle(keys) as [string, string]
  const draw = random.integer(0, 99)
  if (draw < 28) return { type: 'put', key, value }
  if (draw < 36) return { type: 'deleteRange', key }
  if (draw < 40) return { type: 'deleteRange', key: 'b', rangeEnd: 'd' }
  if (draw < 55) return { type: 'range', key }
  if (draw < 68) return everything
  const compare = [drawCompare(random, key, seen)]
  if (random.chance(0.3)) compare.push(drawCompare(random, other, seen))
  const put: EtcdOperation = { type: 'put', key, value }
  const alsoPut: EtcdOperation = { type: 'put', key: other, value: `${value}+` }
  const success = random.pick<readonly EtcdOperation[]>([
    [put, alsoPut],
    [put, everything, alsoPut],
    [{ type: 'deleteRange', key: other }, put],
    [everything, put],
  ])
  const failure = random.pick<readonly EtcdOperation[]>([[everything], [alsoPut], [{ type: 'range', key }, put], []])
  return { type: 'txn', compare, success, failure }
}

/** Mostly one that may hold: it names what the client has last seen, often that a key is not there. */
function drawCompare(random: Random, key: string, seen: Seen): EtcdCompare {
  const kv = seen.get(key)
  const target = random.pick(['value', 'version', 'create', 'mod'] as const)
  const result = random.pick(['equal', 'equal', 'equal', 'notEqual', 'greater', 'less'] as const)
  if (target === 'value') return { key, target, result, value: kv?.value ?? '' }
  const numbers = { version: kv?.version, create: kv?.createRevision, mod: kv?.modRevision }
  return { key, target, result, number: random.chance(0.2) ? 0 : (numbers[target] ?? 0) }
}
