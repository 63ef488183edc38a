import { connect } from 'node:net'

/** What a port answered. Only `refused` says that nobody listens there although the host is up. */
export type PortAnswer = {
  readonly type: 'accepted' | 'refused' | 'timed-out' | 'unreachable'
  readonly reason: string
}

interface Address {
  readonly host: string
  readonly port: number
}

/** How long a connection is watched that the port of a process took which may be dying. */
const watchMs = 20
/** How often a port is asked again that took a connection and dropped it. */
const maxQuestions = 10

/**
 * Asks a port by a plain TCP connection, which is closed at once, whether somebody listens there.
 *
 * grpc-js tells why a connection failed in prose only, and of one that broke not even that; the port itself knows.
 */
export async function askPort(address: Address, timeoutMs: number): Promise<PortAnswer> {
  const answer = await knock(address, timeoutMs, 0)
  return answer === 'dropped' ? accepted : answer
}

/**
 * Asks the port of a process whose connection has just ended whether the process is still there.
 *
 * When a process dies, the kernel closes its connections before the port that it listened at, milliseconds apart, and meanwhile
 * the port still takes connections, only to drop them. So a connection that is taken is watched until the other side says
 * something, as an HTTP/2 server does, or `watchMs` have passed; when it is dropped the port is asked again.
 */
export async function askAfterEnd(address: Address, timeoutMs: number): Promise<PortAnswer> {
  for (let count = 0; count < maxQuestions; count++) {
    const answer = await knock(address, timeoutMs, watchMs)
    if (answer !== 'dropped') return answer
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return accepted
}

const accepted: PortAnswer = { type: 'accepted', reason: 'somebody listens' }

function knock(address: Address, timeoutMs: number, holdMs: number): Promise<PortAnswer | 'dropped'> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port })
    const answer = (value: PortAnswer | 'dropped'): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(value)
    }
    let timer = setTimeout(() => answer({ type: 'timed-out', reason: `no answer within ${timeoutMs} ms` }), timeoutMs)
    socket.once('connect', () => {
      if (holdMs === 0) return answer(accepted)
      clearTimeout(timer)
      timer = setTimeout(() => answer(accepted), holdMs)
    })
    socket.once('data', () => answer(accepted))
    socket.once('end', () => answer('dropped'))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const codes = codesOf(error)
      if (codes.includes('ECONNREFUSED')) answer({ type: 'refused', reason: 'nobody listens (ECONNREFUSED)' })
      else if (codes.includes('ECONNRESET')) answer('dropped')
      else if (codes.includes('ETIMEDOUT')) answer({ type: 'timed-out', reason: 'no answer (ETIMEDOUT)' })
      else answer({ type: 'unreachable', reason: error.message === '' ? codes.join(', ') : error.message })
    })
  })
}

/** A name with several addresses fails with the errors of all of them. */
function codesOf(error: NodeJS.ErrnoException): readonly (string | undefined)[] {
  return error instanceof AggregateError ? error.errors.map((each: NodeJS.ErrnoException) => each.code) : [error.code]
}
