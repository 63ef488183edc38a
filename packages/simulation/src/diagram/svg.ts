/** Attributes of an element; what is `undefined` is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element of XML, and of HTML, since it is always closed. `content` is markup already: text goes through `escaped`. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escaped(typeof value === 'number' ? px(value) : String(value))}"`)
  const open = `<${name}${given.join('')}`
  return content === '' ? `${open}/>` : `${open}>${content}</${name}>`
}

/** Text as it may stand in markup and in attributes: what XML cannot hold at all is shown as U+FFFD. */
export function escaped(text: string): string {
  return text
    .replaceAll(unprintable, '\u{fffd}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** A coordinate, to a tenth. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** Control characters but tab and line feed, surrogates without their other half, and what Unicode says is no character. */
const unprintable = /[^\t\n\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

/** The data of a path, to a tenth of a pixel. */
export function path(...parts: readonly (string | number)[]): string {
  return parts.map((part) => (typeof part === 'number' ? Math.round(part * 10) / 10 : part)).join(' ')
}

/** What an element tells who points at it. */
export function title(text: string): string {
  return element('title', {}, escaped(text))
}

/** To a thousandth of a millisecond, as events lie apart. */
export function time(ms: number): string {
  return `${ms.toFixed(3)} ms`
}
