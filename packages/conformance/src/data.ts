/** Whether two values are the same data: a field that is `undefined` is as good as none. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return false
    return a.every((byte, index) => byte === b[index])
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [mine, other] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return [...new Set([...Object.keys(mine), ...Object.keys(other)])].every((key) => sameData(mine[key], other[key]))
}

/** No state is nested deeper: a cycle is. */
const maxDepth = 64

/** What in a value is no plain data, with the way to it; `undefined` when all is. */
export function notPlain(value: unknown, path = 'inspect()', depth = 0): string | undefined {
  if (depth > maxDepth) return `${path} is nested deeper than ${maxDepth}: a cycle`
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return undefined
    case 'object': {
      if (value === null) return undefined
      if (Array.isArray(value)) return firstOf(value, (each, index) => notPlain(each, `${path}[${index}]`, depth + 1))
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null) return `${path} is an instance of a class`
      return firstOf(Object.entries(value), ([name, each]) => notPlain(each, `${path}.${name}`, depth + 1))
    }
    default:
      return `${path} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`
  }
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index)
    if (found !== undefined) return found
  }
  return undefined
}
