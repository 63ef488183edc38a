/** Runs one attack, seed after seed, in a thread of its own: see `search.ts`, which bundles it with a mutant's sources. */
import { parentPort, workerData } from 'node:worker_threads'
import { runAttack } from '../attacks/run-attack.js'
import type { BySearch } from '../mutant.js'
import { findInSeeds } from './find-in-seeds.js'

parentPort?.postMessage(findInSeeds(workerData as BySearch, runAttack))
