import { formatCount, formatDurationUs, formatShare } from '@quadrant/core'
import type { CallTree } from './call-tree.ts'
import { rowOf, type FlameLayout } from './flame-layout.ts'
import { frameTone, moduleTitle, type FrameTone } from './module-tone.ts'
import { deltaText, shareChange, type ShareChange } from './profile-diff.ts'
import type { ProfileFunction } from './stack-profile.ts'

/** Everything that a flame graph is painted from. */
export interface FlameScene {
  readonly layout: FlameLayout
  readonly functions: readonly ProfileFunction[]
  /** Samples that shares are shares of. */
  readonly weight: number
  /** 0 where it is not known. */
  readonly frequencyHz: number
  /** What stands in a frame, by function. */
  readonly labels: readonly string[]
  readonly tones: readonly FrameTone[]
  /** By function: 1 where it is what is searched for. Undefined while nothing is. */
  readonly found: Uint8Array | undefined
  /** By frame, where A is compared with B. */
  readonly changes: readonly ShareChange[] | undefined
  readonly compared: CallTree['compared']
}

interface SceneSource {
  readonly layout: FlameLayout
  readonly functions: readonly ProfileFunction[]
  readonly weight: number
  readonly frequencyHz: number
  readonly compared?: CallTree['compared']
}

export function flameScene(
  source: SceneSource,
  isFound: ((text: string) => boolean) | undefined,
): FlameScene {
  const { functions, layout, compared } = source
  return {
    layout,
    functions,
    weight: source.weight,
    frequencyHz: source.frequencyHz,
    labels: functions.map(({ name }) => shortName(name)),
    tones: functions.map(frameTone),
    found: isFound && Uint8Array.from(functions, (each) => (isFound(searchText(each)) ? 1 : 0)),
    changes:
      compared &&
      Array.from(layout.node, (node) =>
        shareChange({
          a: compared.totalA[node]!,
          b: compared.totalB[node]!,
          weightA: compared.weightA,
          weightB: compared.weightB,
        }),
      ),
    compared,
  }
}

/** What a search looks through. */
export function searchText({ name, file, module }: ProfileFunction): string {
  return `${name} ${file} ${module}`
}

/** Without the folders of its package: `github.com/a/b.(*T).Do` is `b.(*T).Do`. */
export function shortName(name: string): string {
  // Type arguments may hold whole paths of their own.
  const bracket = name.indexOf('[')
  const head = bracket === -1 ? name : name.slice(0, bracket)
  const slash = head.lastIndexOf('/')
  return slash === -1 || name.startsWith('/') ? name : name.slice(slash + 1)
}

/** One frame's numbers, as they are told. */
export interface FrameFacts {
  readonly source: ProfileFunction
  readonly inlined: boolean
  readonly self: number
  readonly total: number
  readonly selfShare: number
  readonly totalShare: number
  /** Processor time that its samples stand for, seconds; undefined where the rate is not known. */
  readonly cpuSeconds: number | undefined
  /** `server.go:81`; empty where it is not known. */
  readonly place: string
  readonly change: ShareChange | undefined
}

export function frameFacts(scene: FlameScene, frame: number): FrameFacts {
  const { layout, compared } = scene
  const node = layout.node[frame]!
  const source = scene.functions[layout.func[frame]!]!
  const self = compared ? compared.selfA[node]! : layout.self[frame]!
  const total = compared ? compared.totalA[node]! : layout.end[frame]! - layout.start[frame]!
  const weight = compared ? compared.weightA : scene.weight
  return {
    source,
    inlined: layout.inlined[frame] === 1,
    self,
    total,
    selfShare: weight > 0 ? self / weight : 0,
    totalShare: weight > 0 ? total / weight : 0,
    cpuSeconds: scene.frequencyHz > 0 ? total / scene.frequencyHz : undefined,
    place: placeText(source.file, layout.line[frame]!),
    change: scene.changes?.[frame],
  }
}

export function placeText(file: string, line: number): string {
  if (file === '') return ''
  return line > 0 ? `${file}:${line}` : file
}

/** `1.20k samples (31.0 %), 63.2 s of CPU`. */
export function samplesText(samples: number, share: number, cpuSeconds?: number): string {
  const cpu = cpuSeconds === undefined ? '' : `, ${formatDurationUs(cpuSeconds * 1e6)} of CPU`
  return `${formatCount(samples)} ${samples === 1 ? 'sample' : 'samples'} (${formatShare(share)})${cpu}`
}

export function changeText({ kind, delta, shareA, shareB }: ShareChange): string {
  const shares = `${formatShare(shareA)} in A, ${formatShare(shareB)} in B`
  return kind === 'same' ? `${shares}, no change beyond chance` : `${deltaText(delta)}: ${shares}`
}

/** A frame in words, for those who do not see it. */
export function describeFrame(scene: FlameScene, frame: number): string {
  const facts = frameFacts(scene, frame)
  return [
    facts.source.name,
    facts.inlined ? 'inlined' : '',
    facts.change ? changeText(facts.change) : samplesText(facts.total, facts.totalShare, facts.cpuSeconds),
    facts.self > 0 ? `${formatCount(facts.self)} in itself` : 'none in itself',
    facts.place,
    `module ${moduleTitle(facts.source)}`,
    `level ${rowOf(scene.layout, frame) + 1}`,
  ]
    .filter(Boolean)
    .join(', ')
}
