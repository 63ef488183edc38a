import type { Socket } from 'node:net'

/** Ends a connection at once, so that its other end learns that it is lost: what is still to be written is lost with it. */
export function abort(socket: Socket): void {
  // By itself it would first write all that is waiting, which a process that stands still never takes.
  socket.resetAndDestroy()
  socket.destroy()
}
