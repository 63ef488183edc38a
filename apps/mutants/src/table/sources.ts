/** Where bugs are known from, as often as they are. */
export const raftPaper = 'D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", 2014'
export const raftThesis = 'D. Ongaro, "Consensus: bridging theory and practice", 2014'
export const own = 'own history'
