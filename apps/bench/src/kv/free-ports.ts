import { QuorateError } from '@quorate/core'
import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/** Below what systems hand out to outgoing connections, which could take a port while its node is down. */
const [lowest, highest] = [20_000, 32_000] as const
const attemptsPerPort = 50

/** Ports of 127.0.0.1 that are free now. Throws `QUORATE_BENCH_PORTS`. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held = new Map<number, Server>()
  for (let attempts = count * attemptsPerPort; held.size < count && attempts > 0; attempts--) {
    const port = randomInt(lowest, highest)
    const server = await listening(port)
    if (server !== undefined) held.set(port, server)
  }
  await Promise.all([...held.values()].map((server) => new Promise((closed) => server.close(closed))))
  if (held.size === count) return [...held.keys()]
  throw new QuorateError('QUORATE_BENCH_PORTS', `found no ${count} free ports from ${lowest} to ${highest}`, { count })
}

function listening(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  })
}
