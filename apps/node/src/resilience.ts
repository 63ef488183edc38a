import { QuorateError, requireInteger, type Declaration } from '@quorate/core'

/** Throws `QUORATE_TOO_MANY_FAULTS`, stating the bound, when so many faulty nodes are more than `definition` survives. */
export function requireResilience(definition: Declaration, nodes: number, maxFaulty: number | undefined): void {
  if (maxFaulty === undefined) return
  requireInteger('--max-faulty', maxFaulty, { min: 0 })
  const survives = definition.resilience(nodes)
  if (maxFaulty <= survives) return
  let enough = nodes
  while (enough <= 64 && definition.resilience(enough) < maxFaulty) enough++
  const remedy = enough <= 64 ? `; for ${maxFaulty} it takes at least ${enough} nodes` : ''
  throw new QuorateError(
    'QUORATE_TOO_MANY_FAULTS',
    `${definition.name} among ${nodes} nodes survives at most ${survives} faulty, not ${maxFaulty}${remedy}`,
    { algorithm: definition.name, nodes, maxFaulty, survives },
  )
}
