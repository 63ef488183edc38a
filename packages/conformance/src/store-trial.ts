import type { Random } from '@quorate/core'
import type { Loss } from '@quorate/simulation'
import { StoreLife, type TestedStorage } from './store-life.js'
import type { Operation } from './store-model.js'
import { storeProperties } from './store-properties.js'
import type { Findings } from './trials.js'

/** Makes what a node keeps. `submitted` is to be called for each write that waits to become durable. */
export type OpenStorage = (random: Random, submitted: () => void) => TestedStorage

const { ending, durability, prefix, failing } = storeProperties

/** Each kind of write by itself, among the few that it takes to see it. */
const inMemory: readonly (readonly Operation['type'][])[] = [
  ['put', 'append', 'append'],
  ['append', 'append', 'truncate'],
  ['append', 'append', 'compact'],
  ['put', 'append', 'append', 'drop'],
]
const everything: readonly Operation['type'][] = [
  'put',
  'put',
  'append',
  'append',
  'append',
  'truncate',
  'compact',
  'drop',
]

/** From what concerns reads to what concerns crashes: where the former fails, the latter would only follow. */
export function tryStore(open: OpenStorage, random: Random, findings: Findings): void {
  for (const kinds of inMemory) {
    const life = new StoreLife(open, random, findings)
    if (!stepsMatch(life, random, kinds) || !drained(life, findings)) return
  }
  tryCrashes(new StoreLife(open, random, findings), random, findings)
  tryFailure(new StoreLife(open, random, findings), random, findings)
}

function stepsMatch(life: StoreLife, random: Random, kinds: readonly Operation['type'][]): boolean {
  for (let steps = random.integer(1, 12); steps > 0; steps--) {
    if (!life.step(kinds, random.integer(0, 5))) return false
    if (random.chance(0.5)) life.complete()
  }
  return true
}

/** Lets the disk do all that it was given. */
function drained(life: StoreLife, findings: Findings): boolean {
  for (let left = 10_000; life.waiting && left > 0; left--) life.complete()
  const behind = life.behind()
  if (behind === undefined) return true
  findings.add(ending, behind)
  return false
}

function tryCrashes(life: StoreLife, random: Random, findings: Findings): void {
  for (let crashes = random.integer(1, 4); crashes > 0; crashes--) {
    if (!stepsMatch(life, random, everything)) return
    const all = random.chance(0.3)
    if (all && !drained(life, findings)) return
    if (!found(life.crash(drawLoss(random)), life, findings)) return
  }
}

function tryFailure(life: StoreLife, random: Random, findings: Findings): void {
  if (!stepsMatch(life, random, everything)) return
  if (!drained(life, findings)) return
  while (!life.waiting) life.step(['put'], 1)
  const wrong = life.fail('EIO')
  if (wrong !== undefined) {
    findings.add(failing, wrong)
    return
  }
  // Nothing that waited behind it can have become durable.
  found(life.crash({ ...drawLoss(random), survivors: 0 }), life, findings)
}

/** Whether what a crash left is what it may leave. */
function found(step: number, life: StoreLife, findings: Findings): boolean {
  if (step < 0) findings.add(prefix, `what is found after a crash never was: ${JSON.stringify(life.shown())}`)
  else if (step < life.acknowledged) {
    findings.add(
      durability,
      `step ${life.acknowledged} was told to be durable, and after a crash step ${step} is found`,
    )
  } else {
    life.resume(step)
    return true
  }
  return false
}

function drawLoss(random: Random): Loss {
  return { survivors: random.integer(0, 2), torn: random.chance(0.5), cached: random.chance(0.2) }
}
