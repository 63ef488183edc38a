import { rm } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import type { BySearch, Mutant } from '../mutant.js'
import { bundle } from './bundle.js'
import type { Found } from './find-in-seeds.js'

const worker = 'layers/search-worker.ts'

export interface Searched extends Found {
  readonly seconds: number
}

/** Puts the bug into a copy and runs the attack that must find it. */
export async function searchMutant(mutant: Mutant, search: BySearch): Promise<Searched> {
  const file = await bundle(mutant.id, worker, mutant)
  try {
    return await searched(file, search)
  } finally {
    await rm(file)
  }
}

/** The same attacks on what ships, which must find nothing at all: otherwise what they find in mutants proves nothing. */
export class Control {
  #file: Promise<string> | undefined

  async search(search: BySearch, seeds: number): Promise<Searched> {
    this.#file ??= bundle('control', worker)
    return searched(await this.#file, { ...search, seeds })
  }

  async close(): Promise<void> {
    if (this.#file !== undefined) await rm(await this.#file)
  }
}

async function searched(file: string, search: BySearch): Promise<Searched> {
  const startedAt = performance.now()
  const found = await new Promise<Found>((resolve, reject) => {
    const worker = new Worker(file, { workerData: search })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the thread of an attack ended with ${code} and said nothing`)))
  })
  return { ...found, seconds: (performance.now() - startedAt) / 1000 }
}
