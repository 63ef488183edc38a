import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { askAfterEnd, askPort } from '../src/ask-port.js'

const open = new Set<{ readonly server: Server; readonly sockets: Set<Socket> }>()

afterEach(() => {
  for (const { server, sockets } of open) {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  open.clear()
})

/** A port that does `onConnection` with the n-th connection. */
async function listen(
  onConnection: (socket: Socket, count: number, server: Server) => void,
): Promise<{ host: string; port: number }> {
  let count = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onConnection(socket, ++count, server)
  })
  open.add({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port }
}

async function closedPort(): Promise<{ host: string; port: number }> {
  const address = await listen(() => {})
  for (const { server } of open) await new Promise((resolve) => server.close(resolve))
  return address
}

describe('a port that is asked', () => {
  it('refuses when nobody listens, by address and by name', async () => {
    const address = await closedPort()
    expect(await askPort(address, 1000)).toEqual({ type: 'refused', reason: 'nobody listens (ECONNREFUSED)' })
    expect((await askPort({ ...address, host: 'localhost' }, 1000)).type).toBe('refused')
    expect((await askAfterEnd(address, 1000)).type).toBe('refused')
  })

  it('accepts when somebody listens, whatever comes then', async () => {
    expect((await askPort(await listen(() => {}), 1000)).type).toBe('accepted')
    expect((await askPort(await listen((socket) => socket.destroy()), 1000)).type).toBe('accepted')
  })

  it('cannot be asked when its host is unknown', async () => {
    expect(await askPort({ host: 'no-such-host.invalid', port: 1 }, 5000)).toMatchObject({ type: 'unreachable' })
  })
})

describe('the port of a process whose connection has ended', () => {
  it.each([
    ['dropped', (socket: Socket) => socket.destroy()],
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('refuses when what it takes is %s until it is closed', async (_how, end) => {
    let asked = 0
    const address = await listen((socket, count, server) => {
      asked = count
      if (count === 3) server.close()
      end(socket)
    })
    expect((await askAfterEnd(address, 1000)).type).toBe('refused')
    expect(asked).toBe(3)
  })

  it('accepts when the process speaks, or is silent, but does not hang up', async () => {
    expect((await askAfterEnd(await listen((socket) => void socket.write('hello')), 1000)).type).toBe('accepted')
    expect((await askAfterEnd(await listen(() => {}), 1000)).type).toBe('accepted')
  })

  it('is not asked forever', async () => {
    let asked = 0
    const address = await listen((socket, count) => {
      asked = count
      socket.destroy()
    })
    expect((await askAfterEnd(address, 1000)).type).toBe('accepted')
    expect(asked).toBe(10)
  })
})
