/** The tests of a package, whose folder is given as `--root`, on sources with a mutant's edits, which `QUORATE_MUTANT` has as JSON. */
import { mergeConfig } from 'vitest/config'
import { shared } from '../../../vitest.shared.ts'
import { editedSources } from '../src/edits.ts'

const sources = editedSources(JSON.parse(process.env['QUORATE_MUTANT'] ?? '{"edits":[]}'))

export default mergeConfig(shared, {
  plugins: [{ name: 'mutant', enforce: 'pre' as const, load: (id: string) => sources.get(id) }],
})
