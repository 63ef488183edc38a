import { isMalformed } from '@quorate/core'
import { expect, it } from 'vitest'
import { decodeFrame } from '../src/wire/frame.js'
import { SendQueue } from '../src/wire/send-queue.js'

const limits = { maxQueuedMessages: 4, maxQueuedBytes: 1000 }

function textsOf(frame: Uint8Array): string[] {
  const decoded = decodeFrame(frame, 1 << 20)
  if (isMalformed(decoded)) throw new Error(decoded.reason)
  return decoded.messages.map(({ channel, payload }) => `${channel}:${Buffer.from(payload).toString()}`)
}

it('refuses the newest message at its bound of messages, and takes the next once there is room', () => {
  const queue = new SendQueue(limits)
  const taken = ['a', 'b', 'c', 'd', 'e'].map((text) => queue.push('x', Buffer.from(text)))
  expect(taken).toEqual([true, true, true, true, false])
  expect(textsOf(queue.take(1 << 20).frame)).toEqual(['x:a', 'x:b', 'x:c', 'x:d'])
  expect(queue.push('x', Buffer.from('f'))).toBe(true)
})

it('refuses what does not fit into its bound of bytes, and takes what does', () => {
  const queue = new SendQueue(limits)
  expect(queue.push('x', Buffer.alloc(900))).toBe(true)
  expect(queue.push('x', Buffer.alloc(100))).toBe(false)
  expect(queue.push('x', Buffer.alloc(10))).toBe(true)
  expect(queue.bytes).toBe(900 + 10 + 2 * 17)
})

it('takes batches of bounded size in order, a longer message alone', () => {
  const queue = new SendQueue({ maxQueuedMessages: 100, maxQueuedBytes: 10_000 })
  for (const text of ['a', 'b', 'L'.repeat(500), 'c', 'd']) queue.push('x', Buffer.from(text))
  const batches: string[][] = []
  while (queue.length > 0) batches.push(textsOf(queue.take(40).frame))
  expect(batches).toEqual([['x:a', 'x:b'], [`x:${'L'.repeat(500)}`], ['x:c', 'x:d']])
  expect(queue.bytes).toBe(0)
})

it('tells how many messages it forgot', () => {
  const queue = new SendQueue(limits)
  queue.push('x', Buffer.from('a'))
  queue.push('x', Buffer.from('b'))
  expect(queue.clear()).toBe(2)
  expect([queue.length, queue.bytes]).toEqual([0, 0])
})
