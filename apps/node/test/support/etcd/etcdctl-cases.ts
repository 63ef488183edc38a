import { etcdctlCases } from '../../../../../packages/etcd-api/test/support/etcdctl-cases.js'

/** A command line of etcdctl, without the endpoints. */
export interface Case {
  readonly args: readonly string[]
  readonly stdin?: string
  /** Asks all nodes, one of them first. */
  readonly all?: boolean
  /** Names endpoints as `http://host:port`. */
  readonly asUrls?: boolean
}

const of = (line: string): Case => ({ args: line.split(' ') })
const txn = (text: string, ...more: readonly string[]): Case => ({ args: ['txn', ...more], stdin: text })
const everyFormat = (line: string): readonly Case[] =>
  ['simple', 'json', 'fields', 'table'].map((format) => ({ args: [...line.split(' '), '-w', format], all: true }))
const lines = (count: number, line: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => line(number)).join('\n')

/** Those that etcd-api is tested with by itself. What is printed in binary cannot be compared here without its ids. */
const lent = etcdctlCases
  .filter(({ args }) => !args.includes('protobuf'))
  .map(({ args, input }): Case => ({ args, ...(input !== undefined && { stdin: input }) }))

/** One after another, each at each node in turn: what a later one sees, earlier ones have put. etcdctl has no nested transactions. */
export const alike: readonly Case[] = [
  ...lent,

  of('put leased 1 --lease=nonsense'),
  of('put a 5 --ignore-value'),
  { args: ['put', 'input'], stdin: 'from standard input' },
  { args: ['put', 'ümläut', '\t"quoted"\n'] },
  of('put foo/1 c'),
  of('put foo/2 b'),
  of('put foo/3 a'),
  of('put foo/3 a'),
  of('put fop d'),

  of('get foo/1 -w table'),
  of('get foo/1 --consistency=x'),
  of('get foo/1 foo/3'),
  of('get foo/2 --from-key --prefix'),
  of('get foo/ --prefix --limit=2 -w json'),
  of('get foo/ --prefix --limit=3 -w json'),
  of('get foo/ --prefix --order=ASCEND --sort-by=VALUE --limit=1 -w json'),
  of('get foo/ --prefix --order=SIDEWAYS'),
  of('get foo/ --prefix --sort-by=COLOUR'),

  txn('value("foo/1") = "no"\n\nput t then\n\nput t else\nget foo/ --prefix --limit=1\n\n'),
  txn('\nput x 1\nput y 2 --lease=1234abcd\n\n\n'),
  txn('nonsense\n\n\n\n'),
  txn('\nwatch a\n\n\n'),
  txn(`\n${lines(128, (number) => `put many/${number} x`)}\n\n\n`),
  txn(`\n\n${lines(129, (number) => `put many/${number} x`)}\n\n`),
  of('del many/ --prefix'),

  of('del foo/1 foo/3'),
  of('del foo/ --prefix --prev-kv -w json'),
  of('del foo/ --prefix --from-key'),
  of('compaction nonsense'),
  of('compaction 40 --physical'),
  of('get foo/1 --rev=39'),
  of('get foo/1 --rev=40 -w json'),

  ...everyFormat('endpoint status'),
  ...everyFormat('endpoint health'),
  ...everyFormat('endpoint hashkv'),
  of('endpoint hashkv --rev=40'),
  of('endpoint hashkv --rev=41'),
  of('endpoint status --cluster'),
  of('endpoint hashkv --cluster'),
  { ...of('endpoint status'), all: true, asUrls: true },
  { ...of('endpoint hashkv'), all: true, asUrls: true },
  { ...of('get fop -w json'), all: true, asUrls: true },
  of('move-leader nonsense'),
  of('lease keep-alive 1234abcd'),
  of('version'),
]

/** Each is a difference: a real etcd serves them, Quorate does not yet. */
export const notServed: readonly (readonly string[])[] = [
  'lease grant 10',
  'lease revoke 1234abcd',
  'lease timetolive 1234abcd',
  'lease list',
  'watch a',
  'lock a',
  'elect a b',
  'auth enable',
  'auth disable',
  'user list',
  'role list',
  'snapshot save snapshot.db',
  'defrag',
  'member add n4 --peer-urls=http://127.0.0.1:1',
  'member remove 1234abcd',
  'member update 1234abcd --peer-urls=http://127.0.0.1:1',
  'member promote 1234abcd',
].map((line) => line.split(' '))
