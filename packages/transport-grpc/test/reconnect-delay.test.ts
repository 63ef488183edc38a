import { expect, it } from 'vitest'
import { reconnectDelayMs } from '../src/peer/reconnect-delay.js'
import { settingsOf } from '../src/settings.js'

const { timing } = settingsOf({
  clusterId: 'test',
  self: { id: 'a', incarnation: 1 },
  listenUrls: ['http://127.0.0.1:0'],
  peers: new Map(),
  onMessage: () => {},
  onPeer: () => {},
})

it('doubles from the least to the most and stays there', () => {
  const delays = Array.from({ length: 10 }, (_, index) => reconnectDelayMs(index + 1, false, timing, 0))
  expect(delays).toEqual([10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000])
  expect(reconnectDelayMs(1_000_000, false, timing, 0)).toBe(1000)
})

it('is the most at once after a refusal', () => {
  expect(reconnectDelayMs(1, true, timing, 0)).toBe(1000)
})

it('is spread over its upper half', () => {
  expect(reconnectDelayMs(3, false, timing, 0.5)).toBe(30)
  expect(reconnectDelayMs(3, false, timing, 0.999_999)).toBeCloseTo(20, 3)
})
