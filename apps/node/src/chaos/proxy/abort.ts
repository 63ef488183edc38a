import type { Socket } from 'node:net'

/** Ends a connection at once, so that its other end learns that it is lost: what is still to be written is lost with it. */
export function abort(socket: Socket): void {
  // The system resets no connection that is about to end in good order, and Node.js would then leave it open. There is nothing to lose any more.
  if (!socket.connecting && !socket.writableEnded) socket.resetAndDestroy()
  // By itself a reset would wait until all is written, which a process that stands still never takes.
  socket.destroy()
}
