import { QuorateError } from '@quorate/core'
import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/**
 * Below what systems hand out to outgoing connections (from 32768 on Linux, 49152 elsewhere). A port from there could be taken while its
 * node is down, even by a peer's own attempt to reach it.
 */
const [lowest, highest] = [20_000, 32_000] as const
const attemptsPerPort = 50

/** Finds ports of the loopback interface that are free. Throws `QUORATE_NO_FREE_PORT`. */
export async function freeLoopbackPorts(count: number): Promise<readonly number[]> {
  const held: Server[] = []
  const ports: number[] = []
  try {
    for (let attempts = count * attemptsPerPort; ports.length < count; attempts--) {
      if (attempts === 0) {
        throw new QuorateError(
          'QUORATE_NO_FREE_PORT',
          `found no ${count} free ports from ${lowest} to ${highest} on 127.0.0.1`,
          { count },
        )
      }
      const port = randomInt(lowest, highest)
      const server = await listening(port)
      if (server === undefined) continue
      held.push(server)
      ports.push(port)
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))))
  }
  return ports
}

/** A server on the port, or `undefined` when it is taken. */
function listening(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  })
}
