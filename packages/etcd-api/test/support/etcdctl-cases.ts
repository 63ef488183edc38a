/**
 * Command lines of etcdctl, in the order in which they are run against an empty store. What they print must be the same from real etcd and
 * from us, but for what `comparable` sets aside: ids, terms, indexes of Raft, sizes, versions, names, addresses and times.
 */
export interface EtcdctlCase {
  readonly args: readonly string[]
  /** What it reads: the lines of a transaction. */
  readonly input?: string
}

const line = (args: string, input?: string): EtcdctlCase => ({
  args: args.split(' ').map((arg) => arg.replaceAll('␣', ' ').replace(/^∅$/, '')),
  ...(input !== undefined && { input }),
})

/** compares, then what is done on success, then on failure. */
const txn = (compares: string[], success: string[], failure: string[], args = 'txn'): EtcdctlCase =>
  line(args, [...compares, '', ...success, '', ...failure, ''].join('\n'))

export const etcdctlCases: readonly EtcdctlCase[] = [
  line('get nothing'),
  line('get nothing -w json'),
  line('get nothing -w fields'),
  line('put a 1'),
  line('put b 2 -w json'),
  line('put c 3 -w fields'),
  line('put c 4 --prev-kv'),
  line('put c 5 --prev-kv -w json'),
  line('put c 6 --prev-kv -w fields'),
  line('put c --ignore-value'),
  line('put c --ignore-value --prev-kv'),
  line('put none --ignore-value'),
  line('put c 7 --ignore-lease'),
  line('put c x --lease 77'),
  line('put none x --ignore-lease'),
  line('put ∅ x'),
  line('put d ∅'),
  line('put ab 10'),
  line('put b␣c with␣spaces'),
  line('put ü ö'),
  line('get a'),
  line('get a -w json'),
  line('get a -w fields'),
  line('get a -w protobuf'),
  line('get ü --hex'),
  line('get a --print-value-only'),
  line('get a --keys-only'),
  line('get ∅'),
  line('get a --prefix'),
  line('get ∅ --prefix'),
  line('get ∅ --prefix -w json'),
  line('get ∅ --prefix --keys-only'),
  line('get ∅ --from-key'),
  line('get b --from-key'),
  line('get b --from-key --limit 2 -w json'),
  line('get a c'),
  line('get a c -w json'),
  line('get c a'),
  line('get a d --limit 1'),
  line('get a d --limit 1 -w json'),
  line('get a d --limit 3 -w fields'),
  line('get ∅ --prefix --sort-by KEY --order DESCEND'),
  line('get ∅ --prefix --sort-by VALUE'),
  line('get ∅ --prefix --sort-by VERSION --order DESCEND'),
  line('get ∅ --prefix --sort-by CREATE --order DESCEND --limit 2'),
  line('get ∅ --prefix --sort-by MODIFY --order ASCEND'),
  line('get ∅ --prefix --sort-by MODIFY --order DESCEND -w json'),
  line('get a --consistency s'),
  line('get c --rev 4'),
  line('get c --rev 5 -w json'),
  line('get c --rev 1'),
  line('get c --rev 999'),
  line('get ∅ --prefix --rev 6'),
  txn(['value("a") = "1"'], ['put t yes', 'get t'], ['put t no']),
  txn(['value("a") = "2"'], ['put t yes'], ['put t no', 'get t', 'del none']),
  txn(['version("none") = "0"', 'create("a") > "1"', 'mod("a") < "99"'], ['get a b', 'del ab'], [], 'txn -w json'),
  txn(['value("none") = ""'], ['put u 1'], ['put u 2'], 'txn -w fields'),
  txn(['value("a") != "2"'], ['put u 3'], [], 'txn -w json'),
  txn([], ['put u 1', 'put u 2'], []),
  txn([], ['put u 1', 'del u'], []),
  txn([], ['get a --rev 999'], []),
  txn([], [], []),
  txn([], ['get a', 'get b'], [], 'txn -w json'),
  txn(
    [],
    Array.from({ length: 129 }, (_, at) => `put many${at} x`),
    [],
  ),
  line('del none'),
  line('del d'),
  line('del b --prev-kv'),
  line('del b␣c --prev-kv -w json'),
  line('del a c -w json'),
  line('del c --from-key --prev-kv'),
  line('del ∅'),
  line('del ∅ --prefix -w fields'),
  line('get ∅ --prefix'),
  line('put again 1'),
  line('compaction 5'),
  line('compaction 5'),
  line('compaction 4'),
  line('compaction 999'),
  line('compaction 8 --physical'),
  line('get c --rev 7'),
  line('get c --rev 8 -w json'),
  line('get c --rev 9'),
  txn([], ['get a --rev 7'], []),
  line('endpoint health'),
  line('endpoint health -w json'),
  line('endpoint health --cluster'),
  line('endpoint status'),
  line('endpoint status -w json'),
  line('endpoint status -w fields'),
  line('endpoint status -w table'),
  line('endpoint hashkv'),
  line('endpoint hashkv -w json'),
  line('endpoint hashkv --rev 8 -w json'),
  line('endpoint hashkv --rev 9 -w json'),
  line('endpoint hashkv --rev 7'),
  line('endpoint hashkv --rev 999'),
  line('member list'),
  line('member list -w json'),
  line('member list -w fields'),
  line('member list -w table'),
  line('alarm list'),
  line('alarm list -w json'),
  line('alarm disarm'),
  line('move-leader 1234'),
]

/** What may differ, by the names that JSON, fields and tables use. */
const asideNames = new Set(
  [
    ...['cluster_id', 'member_id', 'raft_term', 'ClusterID', 'MemberID', 'RaftTerm', 'ClusterId'],
    ...['version', 'dbSize', 'leader', 'raftIndex', 'raftTerm', 'raftAppliedIndex', 'dbSizeInUse'],
    ...['DBSize', 'DBSizeInUse', 'Leader', 'RaftIndex', 'RaftAppliedIndex', 'StorageVersion'],
    ...['ID', 'name', 'peerURLs', 'clientURLs', 'Name', 'PeerURL', 'ClientURL', 'Endpoint', 'endpoint', 'took'],
    ...['ENDPOINT', 'VERSION', 'DB SIZE', 'RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX'],
    ...['NAME', 'PEER ADDRS', 'CLIENT ADDRS'],
  ].map((name) => name.toLowerCase()),
)
const isAside = (name: string): boolean => asideNames.has(name.trim().toLowerCase())

/** What etcdctl printed, without what may differ. */
export function comparable({ args }: EtcdctlCase, output: string): unknown {
  if (/^(Error:|Failed to )/.test(output) || args[0] === 'move-leader')
    return output.replaceAll(/\b[\da-f]{8,}\b|http:\/\/[\w.:]+/g, '…')
  const format = args.includes('-w') ? args[args.indexOf('-w') + 1] : 'simple'
  // Its version of a resource has the name of a server's.
  if (format === 'json') return withoutAside(JSON.parse(output), args[0] !== 'endpoint')
  if (format === 'fields') return output.split('\n').map((each) => withoutField(each, args[0] !== 'endpoint'))
  if (format === 'table') return tableOf(output)
  if (format === 'protobuf') return output.length > 0
  if (args[0] === 'endpoint' || args[0] === 'member') return simpleRows(args, output)
  return output
}

function withoutAside(value: unknown, keepsVersion: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutAside(each, keepsVersion))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, each]) => {
    const aside = isAside(name) && !(keepsVersion && name === 'version')
    return [name, aside ? '…' : withoutAside(each, keepsVersion)]
  })
  return Object.fromEntries(entries)
}

function withoutField(text: string, keepsVersion: boolean): string {
  const match = /^"(\w+)" ?: ?/.exec(text)
  if (match === null || !isAside(match[1] as string)) return text
  return keepsVersion && match[1] === 'Version' ? text : `${match[0]}…`
}

function tableOf(output: string): readonly Record<string, string>[] {
  const rows = output
    .split('\n')
    .filter((row) => row.startsWith('|'))
    .map((row) => row.split('|').map((cell) => cell.trim()))
  const [names = [], ...rest] = rows
  return rest.map((cells) =>
    Object.fromEntries(names.map((name, at) => [name, isAside(name) ? '…' : (cells[at] ?? '')])),
  )
}

/** Rows of values without names: how many, and those that are not set aside. */
function simpleRows(args: readonly string[], output: string): unknown {
  if (args[1] === 'health') return output.replaceAll(/http:\S+/g, '…').replaceAll(/took = \S+/g, 'took = …')
  return output
    .trim()
    .split('\n')
    .map((row) => row.split(', ').map((cell) => (/^(true|false|started)$/.test(cell) ? cell : '…')))
}
