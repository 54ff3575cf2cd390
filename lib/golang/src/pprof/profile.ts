/** What a number of a sample counts, e.g. `{ type: 'cpu', unit: 'nanoseconds' }`. */
export interface PprofValueType {
  readonly type: string
  readonly unit: string
}

/** A label of a sample: a text, which is not empty, or a number with its unit. */
export type PprofLabel =
  | { readonly key: string; readonly text: string }
  | { readonly key: string; readonly number: number; readonly unit: string }

/** One stack, and what was counted at it. */
export interface PprofSample {
  /** Indices in PprofProfile.locations, the innermost call first. */
  readonly locations: readonly number[]
  /** One for each of PprofProfile.sampleTypes. Exact to 2^53 either way. */
  readonly values: readonly number[]
  readonly labels: readonly PprofLabel[]
}

/** A file that a process had in its memory. */
export interface PprofMapping {
  readonly start: bigint
  /** First address behind it. */
  readonly limit: bigint
  readonly offset: bigint
  readonly file: string
  readonly buildId: string
  /** What the locations in it have already, so that nobody looks for it in the file again. */
  readonly hasFunctions: boolean
  readonly hasFilenames: boolean
  readonly hasLineNumbers: boolean
  readonly hasInlineFrames: boolean
}

export interface PprofLine {
  /** Index in PprofProfile.functions. */
  readonly function: number
  /** Where the call is; 0 where it is not known. */
  readonly line: number
  readonly column: number
}

/** One address, and the calls that it stands for. */
export interface PprofLocation {
  /** Index in PprofProfile.mappings; undefined where it is in none. */
  readonly mapping: number | undefined
  readonly address: bigint
  /** More than one where calls were inlined: the innermost first, the function that has the code last. */
  readonly lines: readonly PprofLine[]
  /** Its address was put together with others of equal code by the linker. */
  readonly isFolded: boolean
}

export interface PprofFunction {
  readonly name: string
  /** As the linker has it. */
  readonly systemName: string
  readonly file: string
  readonly startLine: number
}

/**
 * A profile in the format of pprof (profile.proto of google/pprof), with indices where the format has ids. Addresses
 * and the time are bigints, since a double does not hold all of them; other numbers are exact to 2^53.
 */
export interface PprofProfile {
  readonly sampleTypes: readonly PprofValueType[]
  readonly samples: readonly PprofSample[]
  /** The first one is the main program's. */
  readonly mappings: readonly PprofMapping[]
  readonly locations: readonly PprofLocation[]
  readonly functions: readonly PprofFunction[]
  /** Regular expressions of functions that are left out with all they call, and of those that are kept nevertheless. */
  readonly dropFrames: string
  readonly keepFrames: string
  /** Nanoseconds of the Unix epoch; 0 where it is not told. */
  readonly timeNs: bigint
  readonly durationNs: number
  /** What happens between two samples, and how much of it: `cpu/nanoseconds` and 10,000,000. */
  readonly periodType: PprofValueType
  readonly period: number
  readonly comments: readonly string[]
  /** Type that is shown first; empty: the last. */
  readonly defaultSampleType: string
  /** Page that explains it; empty where there is none. */
  readonly docUrl: string
}
