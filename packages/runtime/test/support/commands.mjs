import { encodeCommand } from '@quorate/kv'

const bytes = (text) => new TextEncoder().encode(text)

/** The command of an index, the same in every life: mostly puts, and what takes away again. */
export function commandOf(index) {
  const key = bytes(`key-${(index * 7919) % 300}`)
  if (index % 97 === 0) return encodeCommand({ type: 'compact', revision: Math.floor(index / 2) })
  if (index % 11 === 0) return encodeCommand({ type: 'deleteRange', key, rangeEnd: bytes('key-9') })
  return encodeCommand({ type: 'put', key, value: bytes(`${index} `.repeat(1 + (index % 200))) })
}

/** Applies the commands of the next `count` indices in one batch. */
export function applyNext(machine, count) {
  const firstIndex = machine.appliedIndex + 1
  machine.apply(
    firstIndex,
    Array.from({ length: count }, (_, at) => commandOf(firstIndex + at)),
  )
}
