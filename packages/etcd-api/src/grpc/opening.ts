import type { Socket } from 'node:net'
import { mendAuthority } from './authority.js'

/**
 * Reads the beginning of a connection up to its first request, mends the authority in it, and gives the connection on, with all that was read in
 * front of it. grpc-go sends no request before it has seen the server's settings; so a client that waits is sent empty ones, and what it answers to
 * them, and asks meanwhile, goes no further: the HTTP/2 that follows knows nothing of it.
 *
 * Frames are those of RFC 9113, section 4.1.
 */
export function open(socket: Socket, timeoutMs: number, opened: () => void): void {
  let read = Buffer.alloc(0)
  let receivedBytes = 0
  /** Everything before it was looked at. */
  let at = PREFACE.length
  let hasSettings = false
  let hasRequest = false
  let greeted: 'not' | 'sent' | 'answered' = 'not'

  const done = (): void => {
    clearTimeout(timer)
    socket.off('data', onData)
    socket.off('close', onEnd)
    socket.off('end', onEnd)
    socket.pause()
    if (read.length > 0) socket.unshift(read)
    opened()
  }
  const onEnd = (): void => {
    clearTimeout(timer)
    socket.destroy()
  }
  /** What is no HTTP/2, or says nothing, is not for here: it goes on as it is. Only an answer that is still to come would be one too many. */
  const giveUp = (): void => (greeted === 'sent' ? onEnd() : done())
  const timer = setTimeout(giveUp, timeoutMs)

  /** Cuts a frame out of what goes on. */
  const keepBack = (length: number): void => {
    read = Buffer.concat([read.subarray(0, at), read.subarray(at + length)])
  }

  const greet = (): void => {
    if (greeted !== 'not') return
    greeted = 'sent'
    socket.write(EMPTY_SETTINGS)
  }

  const onData = (chunk: Buffer): void => {
    read = read.length === 0 ? Buffer.from(chunk) : Buffer.concat([read, chunk])
    receivedBytes += chunk.length
    if (!isPreface(read) || receivedBytes > MOST_BYTES) return giveUp()
    while (read.length >= at + FRAME_BYTES) {
      const length = FRAME_BYTES + read.readUIntBE(at, 3)
      if (length > MOST_FRAME_BYTES) return giveUp()
      if (read.length < at + length) break
      const [type, flags] = [read[at + 3] as number, read[at + 4] as number]
      const isAnswer = (flags & ACK) !== 0
      if (type === SETTINGS && isAnswer && greeted === 'sent') {
        greeted = 'answered'
        keepBack(length)
        continue
      }
      if (type === PING && !isAnswer && !hasRequest) {
        greet()
        const answer = Buffer.from(read.subarray(at, at + length))
        answer[4] = ACK
        socket.write(answer)
        keepBack(length)
        continue
      }
      if (type === SETTINGS) hasSettings = true
      if (type === HEADERS) {
        hasRequest = true
        mendAuthority(read.subarray(at + FRAME_BYTES, at + length), flags)
      }
      at += length
    }
    if (hasRequest && greeted !== 'sent') return done()
    if (hasSettings && !hasRequest) greet()
  }

  socket.on('data', onData)
  socket.on('close', onEnd)
  socket.on('end', onEnd)
}

function isPreface(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, PREFACE.length)
  return bytes.compare(PREFACE, 0, length, 0, length) === 0
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
const FRAME_BYTES = 9
const HEADERS = 1
const SETTINGS = 4
const PING = 6
const ACK = 1
/** Before anybody allows more. */
const MOST_FRAME_BYTES = FRAME_BYTES + 16_384
/** More than a client sends before it hears of larger windows. */
const MOST_BYTES = 256 * 1024
