import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Edit, Mutant } from './mutant.js'
import { packageFolder } from './workspace.js'

/** The sources that a mutant changes, by their paths, as they become. Throws when a place is not there exactly once. */
export function editedSources(mutant: Pick<Mutant, 'package' | 'edits'>): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  for (const edit of mutant.edits) {
    const path = join(packageFolder(mutant.package), 'src', edit.file)
    sources.set(path, edited(sources.get(path) ?? readFileSync(path, 'utf8'), edit))
  }
  return sources
}

function edited(text: string, { file, original, replacement }: Edit): string {
  const occurrences = text.split(original).length - 1
  if (occurrences !== 1) {
    throw new Error(`"${original}" occurs ${occurrences} times in ${file}; an edit of a mutant replaces one place`)
  }
  return text.replace(original, () => replacement)
}
