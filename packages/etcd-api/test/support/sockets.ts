import { connect, type Socket } from 'node:net'

/** A connection to whoever listens at a URL, whatever becomes of it. */
export function dial(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  // One that is reset is closed, too.
  socket.on('error', () => {})
  return socket
}

/** Waits until a connection is no more, whichever side ended it, and how. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
