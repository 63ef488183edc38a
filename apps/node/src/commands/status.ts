import { invalidOption, QuorateError } from '@quorate/core'
import { InvalidArgumentError, type Command } from 'commander'
import { parsePeerUrl } from '@quorate/transport-grpc'
import type { PeerTlsOptions } from '../node-handle.js'
import { agreement, askCluster, type Answer } from '../status/ask-cluster.js'
import { renderStatus } from '../status/render.js'
import { coloured, plain } from '../status/table.js'

interface StatusOptions {
  readonly endpoints: string
  readonly cert?: string
  readonly key?: string
  readonly cacert?: string
  readonly timeout: number
  readonly json?: true
}

const examples = `
One endpoint is enough: it tells where the others are. Endpoints are peer URLs, and under mutual TLS need a certificate
that the nodes accept, as a peer's own.

  quorate status
  quorate status --endpoints http://10.0.0.1:2380,http://10.0.0.2:2380 --json

Suspicion is 0 just after a heartbeat; from 1 on a node is taken for failed.
Exit code 0: all nodes that answer agree on a leader, which is one of them. 1: they do not, or none answers.`

/** `quorate status`: the cluster as each of its nodes sees it. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .summary('show the cluster as each node sees it')
    .description('Shows the cluster as each node sees it: who leads, since which term, who suspects whom.')
    .option('--endpoints <urls>', 'peer URLs of one node or several, tried in turn', 'http://localhost:2380')
    .option('--cert <file>', 'certificate to show, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--cacert <file>', "authority of the nodes' certificates, PEM")
    .option('--timeout <ms>', 'how long to wait for each node', milliseconds, 2000)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (options: StatusOptions) => {
      const { agreed, text } = await status(options)
      process.stdout.write(text)
      process.exitCode = agreed ? 0 : 1
    })
}

async function status(options: StatusOptions): Promise<{ readonly agreed: boolean; readonly text: string }> {
  const tls = tlsOf(options)
  const endpoints = options.endpoints.split(',').map((url) => url.trim())
  for (const url of endpoints) parsePeerUrl(url, tls !== undefined)
  const answers = await askCluster({ endpoints, tls, timeoutMs: options.timeout })
  const { agreed, summary } = agreement(answers)
  if (options.json === true)
    return { agreed, text: `${JSON.stringify({ agreed, summary, nodes: answers.map(asJson) }, null, 2)}\n` }
  const paint = process.stdout.isTTY && process.stdout.hasColors() && !process.env['NO_COLOR'] ? coloured : plain
  return { agreed, text: renderStatus(answers, summary, agreed, paint) }
}

/** What is not known is `null`, so that every key is there. */
function asJson(answer: Answer): object {
  if ('error' in answer) return { id: answer.id, reachable: false, error: answer.error }
  const { status } = answer
  return {
    ...status,
    reachable: true,
    leader: status.leader ?? null,
    peers: status.peers.map((peer) => ({ ...peer, verdict: peer.verdict ?? null })),
    votes: status.votes.map((vote) => ({ ...vote, decision: vote.decision ?? null })),
  }
}

function tlsOf({ cert, key, cacert }: StatusOptions): PeerTlsOptions | undefined {
  if (cert === undefined && key === undefined && cacert === undefined) return undefined
  if (cert !== undefined && key !== undefined && cacert !== undefined)
    return { certFile: cert, keyFile: key, trustedCaFile: cacert }
  const missing = Object.entries({ '--cert': cert, '--key': key, '--cacert': cacert }).filter(
    ([, file]) => file === undefined,
  )
  throw new QuorateError(
    'QUORATE_INVALID_OPTION',
    `${missing.map(([flag]) => flag).join(' and ')} must be given as well: nodes need all three files to be talked to over TLS`,
    { missing: missing.map(([flag]) => flag) },
  )
}

function milliseconds(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= 600_000) return value
  throw new InvalidArgumentError(
    invalidOption('--timeout', text, 'a whole number of milliseconds from 1 to 600000').message,
  )
}
