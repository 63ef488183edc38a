import type { TraceEntry } from '../trace.js'

export type IndicationEntry = Extract<TraceEntry, { readonly type: 'indication' }>

/**
 * Tells the indications of the outermost protocol that makes such from those of protocols beneath it, such as those of the election that
 * carries a log: the outer one passes on what counts.
 */
export function outermostOf(entries: readonly TraceEntry[]): (entry: IndicationEntry) => boolean {
  const depths = new Map<unknown, number>()
  for (const entry of entries) {
    if (entry.type !== 'indication') continue
    const type = typeOf(entry)
    depths.set(type, Math.min(depthOf(entry), depths.get(type) ?? Infinity))
  }
  return (entry) => depthOf(entry) === depths.get(typeOf(entry))
}

function typeOf({ indication }: IndicationEntry): unknown {
  return (indication as { readonly type?: unknown } | undefined)?.type
}

function depthOf({ path }: IndicationEntry): number {
  return path === '' ? 0 : path.split('/').length
}
