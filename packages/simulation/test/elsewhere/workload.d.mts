import type * as core from '@quorate/core'
import type * as simulation from '../../src/index.js'

export function hashes(from: typeof core, and: typeof simulation): string[]
