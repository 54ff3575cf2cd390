import type { PprofLabel, PprofLocation, PprofMapping, PprofProfile, PprofSample } from '@quadrant/golang'
import { functionNumbers } from './function-numbers.ts'
import { mainModule } from './module-shares.ts'
import { samplesNs } from './sample-time.ts'
import { sampleKindName } from './sample-kind.ts'
import type { Stacks } from './stacks.ts'

export interface ProfileTimes {
  /** Nanoseconds of the Unix epoch. */
  readonly startNs: number
  readonly endNs: number
}

/**
 * The samples as `go tool pprof` has them: samples and processor time, stacks of functions and lines, modules where
 * it has files. Samples carry what they are of as labels: `process` and `kind`. The server tells no addresses, so there are none.
 */
export function pprofProfile(stacks: Stacks, { startNs, endNs }: ProfileTimes): PprofProfile {
  const { frames, samples, frequencyHz } = stacks
  const { numberOf, functions } = functionNumbers(frames, { byFile: true })
  const mappings = new NumberedValues<PprofMapping>()
  const locations = new NumberedValues<PprofLocation>()
  const mappingOf = (module: string) => mappings.numberOf(module, () => madeMapping(module))
  // Readers take the first one for the program's own.
  const main = mainModule(stacks)
  if (main !== undefined) mappingOf(main)

  /** Inlined calls share the place of the function that has their code: it ends each run of them. */
  const locationsOf = (path: readonly number[]): number[] => {
    const found: number[] = []
    let inner: number[] = []
    for (let i = path.length - 1; i >= 0; i--) {
      const frame = frames[path[i]!]!
      inner.push(path[i]!)
      if (frame.inlined && i > 0) continue
      const calls = inner
      const { module } = frame
      found.push(
        locations.numberOf(calls.join(' '), () => ({
          mapping: module === '' ? undefined : mappingOf(module),
          address: 0n,
          lines: calls.map((call) => ({
            function: numberOf[call]!,
            line: frames[call]!.line,
            column: 0,
          })),
          isFolded: false,
        })),
      )
      inner = []
    }
    return found
  }

  const counted = new Map<string, { locations: readonly number[]; count: number; labels: PprofLabel[] }>()
  const stacksByPath = new Map<readonly number[], { number: number; locations: readonly number[] }>()
  for (const { path, kind: kindNumber, process, count } of samples) {
    let stack = stacksByPath.get(path)
    if (!stack) {
      stack = { number: stacksByPath.size, locations: locationsOf(path) }
      stacksByPath.set(path, stack)
    }
    const kind = sampleKindName(kindNumber)
    const key = `${stack.number} ${kind} ${process}`
    const known = counted.get(key)
    if (known) known.count += count
    else
      counted.set(key, {
        locations: stack.locations,
        count,
        labels: [{ key: 'kind', text: kind }, ...(process === '' ? [] : [{ key: 'process', text: process }])],
      })
  }
  const hasTime = frequencyHz > 0
  return {
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      ...(hasTime ? [{ type: 'cpu', unit: 'nanoseconds' }] : []),
    ],
    samples: Array.from(counted.values(), ({ locations, count, labels }): PprofSample => {
      const ns = samplesNs(count, frequencyHz)
      return { locations, labels, values: ns === undefined ? [count] : [count, Math.round(ns)] }
    }),
    mappings: mappings.values,
    locations: locations.values,
    functions: functions.map((frame) => ({
      name: frame.function,
      systemName: frame.function,
      file: frame.file,
      startLine: 0,
    })),
    dropFrames: '',
    keepFrames: '',
    timeNs: BigInt(Math.round(startNs)),
    durationNs: Math.round(Math.max(endNs - startNs, 0)),
    periodType: hasTime ? { type: 'cpu', unit: 'nanoseconds' } : { type: 'samples', unit: 'count' },
    period: Math.round(samplesNs(1, frequencyHz) ?? 1),
    comments: [],
    defaultSampleType: hasTime ? 'cpu' : 'samples',
    docUrl: '',
  }
}

/** Values in the order in which they are first asked for. */
class NumberedValues<Value> {
  readonly values: Value[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(key: string, make: () => Value): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const value = make()
    const number = this.values.push(value) - 1
    this.#numbers.set(key, number)
    return number
  }
}

/** All is known of it already, so that pprof does not look for a file of this name. */
function madeMapping(module: string): PprofMapping {
  return {
    start: 0n,
    limit: 0n,
    offset: 0n,
    file: module,
    buildId: '',
    hasFunctions: true,
    hasFilenames: true,
    hasLineNumbers: true,
    hasInlineFrames: true,
  }
}
