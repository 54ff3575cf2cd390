import { formatDurationNs } from '@quadrant/core'

/** Nanoseconds of a processor that so many samples stand for; undefined where their frequency is not known. */
export function samplesNs(samples: number, frequencyHz: number): number | undefined {
  return frequencyHz > 0 ? (samples * 1e9) / frequencyHz : undefined
}

/** As time of a processor, or else as a number of samples. */
export function formatSamples(samples: number, frequencyHz: number): string {
  const ns = samplesNs(samples, frequencyHz)
  return ns === undefined ? String(samples) : formatDurationNs(ns)
}
