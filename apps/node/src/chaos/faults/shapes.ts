/** A direction in which nothing gets through. */
export type Cut = readonly [from: string, to: string]

/** The shapes of partitions. `nodes` in a drawn order; who stands first has the worst of it. */
export const shapes = {
  /** A minority, with the first, and a majority do not hear each other. */
  halves: (nodes) => {
    const minority = nodes.slice(0, Math.ceil(nodes.length / 2) - 1)
    const majority = nodes.filter((id) => !minority.includes(id))
    return bothWays(minority, majority)
  },
  /** Each hears a majority, itself included, and no two the same one. */
  'majority-ring': (nodes) => {
    const others = Math.floor(nodes.length / 2)
    // On both sides as far as that comes out even: then links are whole or cut both ways.
    const before = Math.floor(others / 2)
    const hears = (listener: number, speaker: number): boolean => {
      const distance = (speaker - listener + nodes.length) % nodes.length
      return distance <= others - before || distance >= nodes.length - before
    }
    return pairs(nodes).filter(([from, to]) => !hears(nodes.indexOf(to), nodes.indexOf(from)))
  },
  /** Two sides that hear each other only through the last node, which hears both. */
  bridge: (nodes) => {
    const sides = nodes.slice(0, -1)
    const half = Math.ceil(sides.length / 2)
    return bothWays(sides.slice(0, half), sides.slice(half))
  },
  /** The first hears nobody, and nobody hears it. */
  isolated: (nodes) => bothWays(nodes.slice(0, 1), nodes.slice(1)),
  /** Nobody hears the first, which hears all. */
  mute: (nodes) => oneWay(nodes.slice(0, 1), nodes.slice(1)),
  /** The first hears nobody, and all hear it. */
  deaf: (nodes) => oneWay(nodes.slice(1), nodes.slice(0, 1)),
  /** The first two do not hear each other. */
  'single-link': (nodes) => bothWays(nodes.slice(0, 1), nodes.slice(1, 2)),
} as const satisfies Readonly<Record<string, (nodes: readonly string[]) => Cut[]>>

export type Shape = keyof typeof shapes
export const shapeNames = Object.keys(shapes) as Shape[]

function oneWay(from: readonly string[], to: readonly string[]): Cut[] {
  return from.flatMap((one) => to.map((other): Cut => [one, other]))
}

function bothWays(some: readonly string[], others: readonly string[]): Cut[] {
  return [...oneWay(some, others), ...oneWay(others, some)]
}

export function pairs(nodes: readonly string[]): Cut[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to): Cut => [from, to]))
}
