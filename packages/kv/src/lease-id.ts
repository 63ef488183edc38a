/** Leases are integers of 64 bits, of which messages and records carry the decimal form, and nothing for none. */
export function leaseToText(lease: bigint | undefined): string | undefined {
  return lease === undefined || lease === 0n ? undefined : lease.toString()
}

/** Undefined for what is no lease. */
export function leaseFromText(text: string | undefined): bigint | undefined {
  if (text === undefined) return 0n
  if (!/^-?[1-9]\d{0,18}$/.test(text)) return undefined
  const lease = BigInt(text)
  return BigInt.asIntN(64, lease) === lease ? lease : undefined
}
