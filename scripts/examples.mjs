/** Fenced blocks of Markdown: finding them, and comparing what a command printed with what a block says it prints. */

/** A line of a block that starts with `##` is no heading; it is marked so that it does not end a section. */
const mark = '\u0000'
const restored = (text) => text.replaceAll(mark, '')

/** All fenced blocks of a text, in order: the first word behind the fence as `tag`, the others as `words`. */
export function blocksOf(text) {
  return [...text.matchAll(/^```(?<info>[^\n]*)\n(?<body>[\s\S]*?)^```\s*$/gm)].map(({ groups: { info, body } }) => {
    const [tag = '', ...words] = info.trim().split(/\s+/)
    return { tag, words, body: restored(body) }
  })
}

/** The text below a heading of the second level, up to the next one; `undefined` when there is no such heading. */
export function sectionOf(text, heading) {
  const marked = text.replaceAll(/^```[^\n]*\n[\s\S]*?^```\s*$/gm, (block) => block.replaceAll(/^##/gm, `${mark}##`))
  const [, section] = marked.split(new RegExp(`^## ${heading}[ \\t]*$`, 'm'))
  return section?.split(/^## /m)[0]
}

/** The code of a section's first `js` block and, if a `text` block comes next, what that prints. */
export function exampleOf(section) {
  const blocks = blocksOf(section)
  const at = blocks.findIndex(({ tag }) => tag === 'js')
  if (at < 0) return undefined
  const next = blocks[at + 1]
  return { code: blocks[at].body, prints: next?.tag === 'text' ? next.body : undefined }
}

/** Whether lines are as expected. In an expected line `…` stands for anything; as a whole line, for any number of lines. */
export function matches(output, expected) {
  const lines = (text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd())
  const literal = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  const pattern = lines(expected)
    .map((line) => (line === '…' ? '(?:[^\n]*\n)*?' : `${line.split('…').map(literal).join('[^\n]*')}\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(`${lines(output).join('\n')}\n`)
}
