/** What a benchmark found, with the command that finds it again. */
export interface Report {
  /** One word: the benchmark's name on the command line. */
  readonly name: string
  readonly title: string
  readonly command: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** The same as data. */
  readonly data: Readonly<Record<string, unknown>>
}

/** A report as Markdown: the table, and the command beside it. */
export function markdown({ title, command, columns, rows }: Report): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const table = [line(columns), line(columns.map(() => '---')), ...rows.map(line)]
  return [`**${title}**: \`${command}\``, '', ...table].join('\n')
}

/** Replaces, in a document, what stands between the marks of each report. Throws when a report has no marks there. */
export function refreshed(document: string, reports: readonly Report[]): string {
  let text = document
  for (const report of reports) {
    const [begin, end] = [`<!-- begin ${report.name} -->`, `<!-- end ${report.name} -->`]
    const from = text.indexOf(begin)
    const to = text.indexOf(end)
    if (from < 0 || to < from) throw new Error(`the document has no "${begin}" … "${end}" to put the table between`)
    text = `${text.slice(0, from + begin.length)}\n\n${markdown(report)}\n\n${text.slice(to)}`
  }
  return text
}
