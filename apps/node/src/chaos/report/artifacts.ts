import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ChaosResult } from '../chaos-run.js'
import { reportPage } from './report-page.js'

/** Writes the report and the history of a run into a folder. */
export function writeArtifacts(result: ChaosResult, folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'report.html'), reportPage(result))
  // Line by line: a long history is more than a string can be.
  const file = openSync(join(folder, 'history.jsonl'), 'w')
  try {
    for (const operation of result.history.operations) writeSync(file, `${JSON.stringify(operation)}\n`)
  } finally {
    closeSync(file)
  }
}
