/** One number per pair, off against on, in the order off, on, on, off: a drift of the machine cancels. */
export interface PairedRatio {
  readonly median: number
  /** Smallest and largest ratio of a pair. */
  readonly spread: readonly [number, number]
}

export function pairedRatio(on: readonly number[], off: readonly number[]): PairedRatio {
  const ratios = on.map((value, i) => value / off[i]!).sort((a, b) => a - b)
  return { median: medianOfSorted(ratios), spread: [ratios[0]!, ratios.at(-1)!] }
}

export function median(values: readonly number[]): number {
  return medianOfSorted(values.toSorted((a, b) => a - b))
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
