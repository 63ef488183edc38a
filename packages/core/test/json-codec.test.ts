import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMalformed, jsonCodec, limits } from '../src/index.js'

type Message = { readonly type: 'vote'; readonly term: number; readonly reason?: string }

function check(value: unknown): string | undefined {
  const { type, term } = value as Partial<Message>
  if (type !== 'vote') return 'type is not "vote"'
  return Number.isSafeInteger(term) ? undefined : 'term is no integer'
}

const codec = jsonCodec<Message>(check)
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('jsonCodec', () => {
  it('returns messages as they were, lone surrogates included', () => {
    const reason = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units))
    fc.assert(
      fc.property(fc.maxSafeNat(), reason, (term, text) => {
        const message: Message = { type: 'vote', term, reason: text }
        expect(codec.decode(codec.encode(message))).toEqual(message)
      }),
    )
  })

  it.each([
    ['no UTF-8', Uint8Array.of(0xff), 'not UTF-8'],
    ['no JSON', bytesOf('{'), 'not JSON'],
    ['nothing', bytesOf(''), 'not JSON'],
    ['another value', bytesOf('{"type":"vote","term":0.5}'), 'term is no integer'],
    ['too much', new Uint8Array(limits.maxMessageBytes + 1), `${limits.maxMessageBytes + 1} bytes exceed`],
  ])('refuses %s', (_, bytes, reason) => {
    expect(codec.decode(bytes)).toMatchObject({ reason: expect.stringContaining(reason) })
  })

  it('refuses what its check trips over', () => {
    expect(codec.decode(bytesOf('null'))).toMatchObject({
      reason: expect.stringContaining('the check failed: TypeError'),
    })
  })

  it('never throws, whatever the bytes', () => {
    const deep = '['.repeat(200_000)
    expect(isMalformed(codec.decode(bytesOf(deep)))).toBe(true)
    const anything = fc.oneof(fc.uint8Array(), fc.json().map(bytesOf))
    fc.assert(fc.property(anything, (bytes) => void codec.decode(bytes)))
  })
})
