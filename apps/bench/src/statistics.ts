/** The value below which the given part of the samples lies, by the nearest rank; `NaN` of none. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** A table's cells for samples in milliseconds: how many, median, 90th and 99th percentile, greatest. */
export function spread(samples: readonly number[]): readonly string[] {
  const values = [median(samples), quantile(samples, 0.9), quantile(samples, 0.99), Math.max(...samples)]
  return [String(samples.length), ...values.map((value) => `${value.toFixed(0)} ms`)]
}
