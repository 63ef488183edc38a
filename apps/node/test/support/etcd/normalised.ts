import type { Cluster } from './clusters.js'
import type { Ran } from './etcdctl.js'

/** What differs between any two clusters, also of the same program: ids, terms, indexes of the log, sizes, the version, and times. */
const aside: readonly (readonly [RegExp, string])[] = [
  // What etcdctl logs of itself.
  [/"ts":("[^"]*"|[\d.]+)/g, '"ts":TIME'],
  [/endpoint:\/\/client-[\da-f-]+\//g, 'endpoint://CLIENT/'],
  // `endpoint health`.
  [/(took = |"took":"?|"Took" : )[\d.]+[mµn]?s"?/g, '$1TIME'],
  // -w json
  [/"(cluster_id|member_id|leader|ID)":\d+/g, '"$1":ID'],
  [/"(raft_term|raftTerm)":\d+/g, '"$1":TERM'],
  [/"(raftIndex|raftAppliedIndex)":\d+/g, '"$1":INDEX'],
  [/"(dbSize|dbSizeInUse)":\d+/g, '"$1":SIZE'],
  [/"version":"[\d.]+"/g, '"version":VERSION'],
  // -w fields
  [/"(ClusterID|MemberID|Leader|ID)" : \d+/g, '"$1" : ID'],
  [/"RaftTerm" : \d+/g, '"RaftTerm" : TERM'],
  [/"(RaftIndex|RaftAppliedIndex)" : \d+/g, '"$1" : INDEX'],
  [/"(DBSize)" : \d+/g, '"$1" : SIZE'],
  [/"Version" : "[\d.]+"/g, '"Version" : VERSION'],
]

/** Columns of lists and tables that are of that kind. */
const statusColumns = ['', 'ID', 'VERSION', 'SIZE', '', '', 'TERM', 'INDEX', 'INDEX']
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  'endpoint status': statusColumns,
  'endpoint health': ['', '', 'TIME'],
  'member list': ['ID'],
}

/** What a command printed, without what differs between any two clusters. Addresses become the names of members. */
export function normalised(cluster: Cluster, args: readonly string[], { code, stdout, stderr }: Ran): Ran {
  const command = args.slice(0, 2).join(' ')
  const asksMembers = args.includes('--cluster')
  const plain = (text: string): string => {
    let result = text
    for (const { name, peerUrl, clientUrl } of cluster.members) {
      result = result
        .replaceAll(peerUrl, `http://PEER-${name}`)
        .replaceAll(clientUrl.replace('http://', ''), `CLIENT-${name}`)
    }
    for (const [pattern, word] of aside) result = result.replaceAll(pattern, word)
    return result
  }
  return {
    code,
    stdout: inOrder(command, asksMembers, withoutColumns(command, plain(stdout))),
    stderr: inOrder(command, asksMembers, plain(stderr)),
  }
}

/** Tables are as wide as what stands in them, so their width goes too. */
function withoutColumns(command: string, text: string): string {
  const columns = columnsOf[command]
  if (columns === undefined) return text
  const cells = (line: string, separator: string): string =>
    line
      .split(separator)
      .map((cell, place) => columns[place] || cell.trim())
      .join(` ${separator} `)
  let heading = true
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('+')) return line.replaceAll(/-+/g, '-')
      if (line.startsWith('|')) {
        const inside = line.slice(1, -1)
        const row = heading
          ? inside
              .split('|')
              .map((cell) => cell.trim())
              .join(' | ')
          : cells(inside, '|')
        heading = false
        return row
      }
      return line.includes(', ') && !/^[{["]/.test(line) ? cells(line, ',') : line
    })
    .join('\n')
}

/** Members come by their ids, also when etcdctl asks for them to ask each, and answers to `endpoint health` as they arrive: here by what else is said. */
function inOrder(command: string, asksMembers: boolean, text: string): string {
  if (command !== 'member list' && command !== 'endpoint health' && !asksMembers) return text
  const parts = text.split(/(?<=[[}]),?(?=[{\]])|\n\n|(?<="RaftTerm" : TERM)\n/)
  return (parts.length > 1 ? parts : text.split('\n')).toSorted().join('\n')
}
