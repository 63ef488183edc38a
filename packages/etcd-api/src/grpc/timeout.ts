const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
}

/** The milliseconds of a `grpc-timeout` header: at most eight digits and a unit. `undefined` for anything else. */
export function parseTimeoutMs(header: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header)
  if (match === null) return undefined
  return Number(match[1]) * (unitsMs[match[2] as string] as number)
}
