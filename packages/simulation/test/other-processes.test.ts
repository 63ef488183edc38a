import * as core from '@quorate/core'
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as simulation from '../src/index.js'
import { hashes } from './elsewhere/workload.mjs'

const print = resolve(import.meta.dirname, 'elsewhere/print-hashes.mjs')
const here = hashes(core, simulation)

describe('a seed is the same run', () => {
  it('of five seeds that are five runs', () => {
    expect(here).toHaveLength(5)
    expect(new Set(here.map((line) => line.split(': ')[1])).size).toBe(5)
  })

  it('in another process, of the packages as they are published', () => {
    const there = execFileSync(process.execPath, [print], { encoding: 'utf8' }).trim().split('\n')
    expect(there).toEqual(here)
  })
})
