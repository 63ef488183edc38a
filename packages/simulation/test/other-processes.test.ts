import * as core from '@quorate/core'
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as simulation from '../src/index.js'
import { hashes } from './elsewhere/workload.mjs'

const print = resolve(import.meta.dirname, 'elsewhere/print-hashes.mjs')
const here = hashes(core, simulation)
const hashesUnder = (node: string) => execFileSync(node, [print], { encoding: 'utf8' }).trim().split('\n')

/** Binaries of other versions of Node.js, as `test/elsewhere/other-nodes.mjs` installs them for a while. */
const otherNodes = process.env['QUORATE_OTHER_NODES']?.split(':') ?? []

describe('a seed is the same run', () => {
  it('of five seeds that are five runs', () => {
    expect(here).toHaveLength(5)
    expect(new Set(here.map((line) => line.split(': ')[1])).size).toBe(5)
  })

  it('in another process, of the packages as they are published', () => {
    expect(hashesUnder(process.execPath)).toEqual(here)
  })

  if (otherNodes.length === 0) {
    it.skip('under other versions of Node.js: QUORATE_OTHER_NODES names none; test/elsewhere/other-nodes.mjs installs some and compares', () => {})
  }
  it.each(otherNodes)('under the Node.js at %s', (node) => {
    expect(hashesUnder(node)).toEqual(here)
  })
})
