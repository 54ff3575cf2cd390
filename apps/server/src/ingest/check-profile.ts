import type { ProfileWindow } from '@quadrant/proto'
import { clean } from './clean.ts'
import { atMost, nsTime, Refused } from './refusal.ts'

/** Limits of one window: what fits into a frame, and no more work than that is worth. */
const LIMITS = {
  strings: 200_000,
  frames: 200_000,
  nodeFrame: 500_000,
  sampleNode: 500_000,
} as const
/** Names of functions with types as parameters are long. */
const STRING_LENGTH_MAX = 2048
const WINDOW_SECONDS_MAX = 3600
const FREQUENCY_HZ_MAX = 1000
const FRAME_KIND_MAX = 5
const SAMPLE_KIND_MAX = 2

const SAMPLE_COLUMNS = [
  'sampleProcess',
  'sampleNode',
  'sampleCount',
  'sampleKind',
  'sampleOffsetUs',
  'sampleBroken',
] as const

/**
 * Checks one window of samples: every index is of something, and parents come before children, so that walking up a
 * stack ends.
 *
 * @throws {Refused} `profile`, `count`, `index` or `time`
 */
export function checkProfile(
  at: string,
  window: ProfileWindow,
  options: { readonly processes: number; readonly nowNs: number },
): ProfileWindow {
  nsTime(`${at}.start_ns`, window.startNs, options.nowNs)
  nsTime(`${at}.end_ns`, window.endNs, options.nowNs)
  const seconds = (window.endNs - window.startNs) / 1e9
  if (!(seconds > 0 && seconds <= WINDOW_SECONDS_MAX)) throw new Refused('time', `${at} is ${seconds} s long`)
  if (!(window.frequencyHz >= 1 && window.frequencyHz <= FREQUENCY_HZ_MAX))
    throw new Refused('profile', `${at}.frequency_hz is ${window.frequencyHz}`)
  for (const [name, limit] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][])
    atMost(`${at}.${name}`, window[name].length, limit)
  if (window.strings[0] !== '') throw new Refused('profile', `${at}.strings does not begin with an empty one`)
  checkFrames(at, window)
  checkNodes(at, window)
  checkSamples(at, window, options.processes)
  return { ...window, strings: window.strings.map((value) => clean(value, STRING_LENGTH_MAX)) }
}

function checkFrames(at: string, { frames, strings }: ProfileWindow): void {
  for (const [i, { function: name, file, module, kind }] of frames.entries()) {
    const string = Math.max(name, file, module)
    if (string >= strings.length)
      throw new Refused('index', `${at}.frames[${i}] names string ${string} of ${strings.length}`)
    if (kind > FRAME_KIND_MAX) throw new Refused('index', `${at}.frames[${i}].kind is ${String(kind)}`)
  }
}

function checkNodes(at: string, { nodeFrame, nodeParent, frames }: ProfileWindow): void {
  if (nodeParent.length !== nodeFrame.length)
    throw new Refused(
      'profile',
      `${at} has ${nodeFrame.length} frames of nodes and ${nodeParent.length} parents`,
    )
  below(`${at}.node_frame`, nodeFrame, frames.length)
  for (let i = 0; i < nodeParent.length; i++)
    if (nodeParent[i]! > i) throw new Refused('index', `${at}.node_parent[${i}] does not come before it`)
}

function checkSamples(at: string, window: ProfileWindow, processes: number): void {
  const count = window.sampleNode.length
  for (const name of SAMPLE_COLUMNS)
    if (window[name].length !== count)
      throw new Refused('profile', `${at}.${name} has ${window[name].length} values, not ${count}`)
  below(`${at}.sample_process`, window.sampleProcess, processes)
  below(`${at}.sample_node`, window.sampleNode, window.nodeFrame.length + 1)
  below(`${at}.sample_kind`, window.sampleKind, SAMPLE_KIND_MAX + 1)
  below(`${at}.sample_broken`, window.sampleBroken, 2)
  // The last second of a window may be cut short, and its middle then lies after the end.
  below(`${at}.sample_offset_us`, window.sampleOffsetUs, (window.endNs - window.startNs) / 1000 + 1e6)
}

function below(name: string, column: readonly number[], limit: number): void {
  for (let i = 0; i < column.length; i++)
    if (!(column[i]! < limit)) throw new Refused('index', `${name}[${i}] is ${column[i]} of ${limit}`)
}
