export interface Cell {
  readonly text: string
  readonly style?: Style
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red'

/** Wraps text in what makes a terminal show it so, or leaves it alone. */
export type Paint = (style: Style, text: string) => string

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
}

export const plain: Paint = (_style, text) => text
export const coloured: Paint = (style, text) => `\u001B[${codes[style][0]}m${text}\u001B[${codes[style][1]}m`

/** Lays out rows in columns, two spaces apart, the first row as head. Styles take no room. */
export function renderTable(rows: readonly (readonly (string | Cell)[])[], paint: Paint): string {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) })),
  )
  const columns = Math.max(...cells.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...cells.map((row) => row[column]?.text.length ?? 0)),
  )
  const lines = cells.map((row, index) =>
    row
      .map(({ text, style }: Cell, column) => {
        const padded = column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0)
        const chosen = index === 0 ? 'bold' : style
        return chosen === undefined ? padded : paint(chosen, padded)
      })
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** What other nodes say is shown, not obeyed: no control characters reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')
}
