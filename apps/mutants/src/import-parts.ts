import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { bundle } from './layers/bundle.js'
import type * as Parts from './parts.js'
import { mutants } from './table/index.js'

/** The parts of a log with the bug of a row of the table in them. */
export async function importParts(id: string): Promise<typeof Parts> {
  const mutant = mutants.find((each) => each.id === id)
  if (mutant === undefined) throw new Error(`there is no mutant "${id}"`)
  const file = await bundle(`parts-${id}`, 'parts.ts', mutant)
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as typeof Parts
  } finally {
    await rm(file)
  }
}
