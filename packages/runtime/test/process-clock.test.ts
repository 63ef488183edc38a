import { expect, it } from 'vitest'
import { ProcessClock } from '../src/process-clock.js'

function pass(durationMs: number): void {
  const untilMs = performance.now() + durationMs
  while (performance.now() < untilMs);
}

it('stands still until it is moved on', () => {
  const clock = new ProcessClock({ wallErrorMs: 50, ratePpm: 200 })
  const [nowMs, wallMs] = [clock.now(), clock.wall()]
  pass(5)
  expect([clock.now(), clock.wall()]).toEqual([nowMs, wallMs])
  clock.advance()
  expect(clock.now()).toBeGreaterThanOrEqual(nowMs + 5)
  expect(clock.wall()).toBeGreaterThan(wallMs)
})

it('counts the wall clock from 1970, and declares the error that it was given', () => {
  const bound = { wallErrorMs: 50, ratePpm: 200 }
  const beforeMs = Date.now()
  const clock = new ProcessClock(bound)
  expect(clock.wall()).toBeGreaterThanOrEqual(beforeMs)
  expect(clock.wall()).toBeLessThanOrEqual(Date.now())
  expect(clock.bound()).toEqual(bound)
})
