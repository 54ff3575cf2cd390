import { create } from '@bufbuild/protobuf'
import { FrameKind, ProfileWindowSchema, SampleKind, type ProfileWindow } from '@quadrant/proto'

/** A sample as one writes it: functions from the outermost to the innermost. */
export interface MadeSample {
  readonly stack: readonly string[]
  readonly count?: number
  readonly kind?: SampleKind
  readonly process?: number
  readonly broken?: boolean
  readonly offsetUs?: number
}

const KINDS = [SampleKind.UNSPECIFIED, SampleKind.GC, SampleKind.RUNTIME] as const

const START_NS = 1_700_000_000e9

/**
 * A window of these samples. `name:12` is a function at line 12, `+name` one that is inlined, `module/name` one of a module.
 */
export function madeWindow(samples: readonly MadeSample[]): ProfileWindow {
  const strings = ['']
  const string = (text: string) => {
    if (!strings.includes(text)) strings.push(text)
    return strings.indexOf(text)
  }
  const window = create(ProfileWindowSchema, {
    startNs: START_NS,
    endNs: START_NS + 10e9,
    frequencyHz: 19,
  })
  const nodes = new Map<string, number>()
  for (const {
    stack,
    count = 1,
    kind = SampleKind.UNSPECIFIED,
    process = 0,
    broken = false,
    offsetUs = 0,
  } of samples) {
    let parent = 0
    for (const text of stack) {
      const [, inlined, module, name, line] = /^(\+?)(?:(.*)\/)?([^:]*)(?::(\d+))?$/.exec(text)!
      const key = `${parent} ${text}`
      if (!nodes.has(key)) {
        window.frames.push({
          $typeName: 'quadrant.v1.ProfileFrame',
          function: string(name!),
          file: string(`${name}.go`),
          line: Number(line ?? 0),
          module: string(module ?? ''),
          kind: FrameKind.GO,
          inlined: inlined === '+',
        })
        window.nodeFrame.push(window.frames.length - 1)
        window.nodeParent.push(parent)
        nodes.set(key, window.nodeFrame.length)
      }
      parent = nodes.get(key)!
    }
    window.sampleNode.push(parent)
    window.sampleCount.push(count)
    window.sampleKind.push(kind)
    window.sampleProcess.push(process)
    window.sampleOffsetUs.push(offsetUs)
    window.sampleBroken.push(broken ? 1 : 0)
  }
  window.strings = strings
  return window
}

/** Random samples over few functions, so that stacks share beginnings and functions call themselves. Same for the same seed. */
export function randomSamples(seed: number, count: number, functions = 6): MadeSample[] {
  let state = seed
  const random = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % limit
  }
  return Array.from({ length: count }, (_, i) => ({
    stack: Array.from(
      { length: random(7) },
      () => `${random(9) === 0 ? '+' : ''}m${random(3)}/f${random(functions)}:${random(3)}`,
    ),
    count: 1 + random(5),
    kind: KINDS[random(KINDS.length)]!,
    process: random(3),
    broken: random(8) === 0,
    offsetUs: i * 1000,
  }))
}
