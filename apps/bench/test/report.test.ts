import { describe, expect, it } from 'vitest'
import { markdown, refreshed, type Report } from '../src/report.js'
import { median, quantile, spread } from '../src/statistics.js'

const report: Report = {
  name: 'speed',
  title: 'How fast',
  command: 'npm run bench -- speed',
  columns: ['what', 'median'],
  rows: [['it', '3 ms']],
  data: {},
}

describe('a report', () => {
  it('is a table with the command that makes it', () => {
    expect(markdown(report)).toBe(
      '**How fast**: `npm run bench -- speed`\n\n| what | median |\n| --- | --- |\n| it | 3 ms |',
    )
  })

  it('replaces what stood between its marks, and nothing else', () => {
    const document = 'a\n<!-- begin speed -->\nold\n<!-- end speed -->\nb'
    const once = refreshed(document, [report])
    expect(once).toContain('| it | 3 ms |')
    expect(once).not.toContain('old')
    expect(once.startsWith('a\n') && once.endsWith('\nb')).toBe(true)
    expect(refreshed(once, [report])).toBe(once)
  })

  it('is refused by a document without its marks', () => {
    expect(() => refreshed('nothing', [report])).toThrow('<!-- begin speed -->')
  })
})

describe('statistics', () => {
  it('takes the nearest rank', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2)
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9)
    expect(quantile([7], 0.99)).toBe(7)
  })

  it('tells how many samples there were and how they lie', () => {
    expect(spread([10, 20, 30])).toEqual(['3', '20 ms', '30 ms', '30 ms', '30 ms'])
  })
})
