import type { NodeId, Random } from '@quorate/core'

/** Links that are cut: from any of `from` to any of `to`. */
export interface Cut {
  readonly from: readonly NodeId[]
  readonly to: readonly NodeId[]
}

/** The shapes of partitions, and who reaches whom in each. */
export const partitionShapes = {
  halves: 'two groups that cannot reach each other, of sizes that differ by at most one',
  'majority-ring': 'each node reaches a majority, itself included, and no two nodes reach the same one',
  bridge: 'two groups that cannot reach each other, and one node that both reach',
  'isolated-node': 'one node that reaches nobody, and that nobody reaches',
  'single-link': 'two nodes that cannot reach each other, while all others reach everybody',
  'one-way': 'some nodes cannot reach some others, which can reach them',
} as const satisfies Readonly<Record<string, string>>

export type PartitionShape = keyof typeof partitionShapes

/** The shapes that cut both directions of a link. */
export const symmetricShapes = (Object.keys(partitionShapes) as PartitionShape[]).filter((shape) => shape !== 'one-way')

/** How many nodes a shape takes: with fewer there is none of that kind. */
const fewestNodes: Readonly<Record<PartitionShape, number>> = {
  halves: 2,
  'majority-ring': 3,
  bridge: 3,
  'isolated-node': 2,
  'single-link': 2,
  'one-way': 2,
}

export function fits(shape: PartitionShape, nodes: number): boolean {
  return nodes >= fewestNodes[shape]
}

/** Draws a partition of that shape among nodes that it fits. */
export function drawCuts(shape: PartitionShape, ids: readonly NodeId[], random: Random): readonly Cut[] {
  const order = random.shuffle(ids)
  const [first = '', second = ''] = order
  const middle = Math.floor(order.length / 2)
  switch (shape) {
    case 'halves':
      return apart(order.slice(0, middle), order.slice(middle))
    case 'isolated-node':
      return apart([first], order.slice(1))
    case 'single-link':
      return apart([first], [second])
    case 'bridge': {
      const others = order.slice(1)
      const half = Math.floor(others.length / 2)
      return apart(others.slice(0, half), others.slice(half))
    }
    case 'majority-ring':
      return ring(order)
    case 'one-way': {
      const size = random.integer(1, order.length - 1)
      const rest = order.slice(size)
      return [{ from: order.slice(0, size), to: rest.slice(0, random.integer(1, rest.length)) }]
    }
  }
}

function apart(one: readonly NodeId[], other: readonly NodeId[]): readonly Cut[] {
  return [
    { from: one, to: other },
    { from: other, to: one },
  ]
}

/** On a ring each node reaches as many neighbours to either side as make a majority with it. */
function ring(order: readonly NodeId[]): readonly Cut[] {
  const count = order.length
  // Of three, each would reach both others; two that cannot reach each other each have a majority with the third.
  if (count === 3) return apart(order.slice(0, 1), order.slice(1, 2))
  const reach = Math.ceil(Math.floor(count / 2) / 2)
  return order.flatMap((one, place) =>
    order.slice(place + 1).flatMap((other, more) => {
      const steps = more + 1
      return Math.min(steps, count - steps) > reach ? apart([one], [other]) : []
    }),
  )
}
