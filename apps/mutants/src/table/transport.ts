import type { Mutant } from '../mutant.js'

/** Connections between nodes: `transport-grpc`. The simulator has its own network in its place, so its own tests must catch them. */
export const transportMutants: readonly Mutant[] = []
