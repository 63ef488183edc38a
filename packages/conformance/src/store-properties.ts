/** What stores owe, in the order in which it is tested. */
export const storeProperties = {
  reads: 'reads see every write at once, durable or not',
  clipping:
    'reads are clipped to what the log holds, and end once maxBytes are exceeded, but not before the first record',
  truncation: 'truncate removes a record and all behind it',
  compaction: 'compact removes a record and all before it; beyond its end the log starts behind it',
  dropping: 'drop forgets a path and all below it, and nothing else',
  tokens: 'the token of a write is greater than those of all earlier ones of its protocol',
  telling: 'durability is told once, in order, each time as a step of its own',
  ending: 'everything that was written is durable in the end',
  durability: 'durability: what was told to be durable is found after every crash',
  prefix: 'atomicity and order: a crash leaves the writes of some first steps, each of them whole',
  failing: 'a failed write is told with its error, and is not durable',
} as const
