/**
 * The laboratory's long tests, `*.lab.test.ts`: what attacks more and longer than `npm test` has time for. Arguments go to vitest, such as
 * a part of a file's name. The last line it prints is `N passed, N failed, N skipped`.
 */
import { countedTests, inWords } from './counted-tests.mjs'

const { ok, counts } = await countedTests(process.argv.slice(2), { ...process.env, QUORATE_LAB: '1' })
process.exitCode = ok && counts.failed === 0 ? 0 : 1
console.log(inWords(counts))
