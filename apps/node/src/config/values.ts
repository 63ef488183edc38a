/** What the values of settings may look like: text from a flag or a variable, or what a configuration file has. */
import { z } from 'zod'

/** A kind of value: how it is read, and the words that say what it must be. */
export interface ValueKind<Value> {
  readonly schema: z.ZodType<Value>
  /** Completes "it must be …". */
  readonly expected: string
}

export function text(expected = 'a text that is not empty'): ValueKind<string> {
  // YAML reads a name such as 1 as a number.
  const schema = z.union([z.string().min(1), z.number().transform(String)])
  return { schema, expected }
}

export function anything(): ValueKind<unknown> {
  return { schema: z.unknown(), expected: 'anything' }
}

export function oneOf<const Word extends string>(...words: readonly [Word, ...Word[]]): ValueKind<Word> {
  return { schema: z.enum(words), expected: words.join(', ').replace(/, ([^,]*)$/, ' or $1') }
}

export function milliseconds(min: number, max: number): ValueKind<number> {
  const digits = z.string().regex(/^\d+$/).transform(Number)
  return {
    schema: z.union([z.number(), digits]).pipe(z.int().min(min).max(max)),
    expected: `a whole number of milliseconds from ${min} to ${max}`,
  }
}

export function safeInteger(): ValueKind<number> {
  const digits = z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number)
  return {
    schema: z.union([z.number(), digits]).pipe(z.int()),
    expected: `a whole number from -${Number.MAX_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`,
  }
}

export function bytes(): ValueKind<number> {
  const digits = z.string().regex(/^\d+$/).transform(Number)
  return {
    schema: z.union([z.number(), digits]).pipe(z.int().min(0)),
    expected: `a whole number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}`,
  }
}

/** The spellings of Go's flags, and YAML's booleans. */
export function yesOrNo(): ValueKind<boolean> {
  const yes = z.enum(['true', 'True', 'TRUE', 't', 'T', '1']).transform(() => true)
  const no = z.enum(['false', 'False', 'FALSE', 'f', 'F', '0']).transform(() => false)
  return { schema: z.union([z.boolean(), yes, no]), expected: 'true or false' }
}

export function urls(): ValueKind<readonly string[]> {
  return { schema: urlList, expected: 'one URL, or several with commas between them' }
}

/** Members with their URLs: `n1=http://host:2380,n2=…`, or in a file also a map. A name given again adds a URL. */
export function cluster(): ValueKind<ReadonlyMap<string, readonly string[]>> {
  const entries = z
    .array(z.string().regex(/^[^=]+=.+$/))
    .min(1)
    .transform((list) =>
      list.map((entry) => [entry.slice(0, entry.indexOf('=')).trim(), entry.slice(entry.indexOf('=') + 1).trim()]),
    )
  const written = z.string().transform(split).pipe(entries)
  const map = z
    .record(z.string().min(1), urlList)
    .transform((members) => Object.entries(members).flatMap(([name, list]) => list.map((url) => [name, url])))
    .refine((list) => list.length > 0)
  return {
    schema: z.union([written, map]).transform((pairs) => {
      const members = new Map<string, string[]>()
      for (const [name = '', url = ''] of pairs) members.set(name, [...(members.get(name) ?? []), url])
      return members
    }),
    expected: 'the members as name=url, with commas between them: n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380',
  }
}

const split = (list: string): string[] => list.split(',').map((item) => item.trim())

const urlList = z
  .union([z.string().transform(split), z.array(z.string().transform((url) => url.trim()))])
  .pipe(z.array(z.string().min(1)).min(1))
