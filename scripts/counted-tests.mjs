/** Runs vitest over the workspace and counts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { step } from './steps.mjs'
import { root } from './workspace.mjs'

/** Arguments go to `vitest run`. Ends with whether all went well, and how many passed, failed and were skipped. */
export async function countedTests(args = [], env = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-test-'))
  const file = join(folder, 'results.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const vitest = join(root, 'node_modules', '.bin', 'vitest')
  const ok = await step('tests', vitest, ['run', ...reporters, ...args], { live: true, env, timeoutMs: 3_600_000 })
  const counts = read(file)
  rmSync(folder, { recursive: true, force: true })
  return { ok, counts }
}

export function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** A file that fails to load has no tests to count, so it counts as one that failed. */
function read(file) {
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'))
    const broken = results.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    )
    return {
      passed: results.numPassedTests,
      failed: results.numFailedTests + broken.length,
      skipped: results.numPendingTests + results.numTodoTests,
    }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
