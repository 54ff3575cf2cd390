import type { FrameKind, ProfileWindow } from '@quadrant/proto'
import type { ImageId } from './process-image.ts'
import type { WindowData } from './window-data.ts'

/** The index of a process in RuntimeBatch.process_keys; -1 where there is no room for it. */
export type ProcessIndex = (process: ImageId) => number

/** A window for the wire, its samples without those of processes that have no index. */
export function toProfileWindow(
  data: WindowData,
  processIndex: ProcessIndex,
): { readonly window: ProfileWindow; readonly samples: number; readonly dropped: number } {
  const indexes = data.processes.map(processIndex)
  const kept = data.sampleProcess
    .map((_, row) => row)
    .filter((row) => indexes[data.sampleProcess[row]!]! >= 0)
  const column = (values: Uint32Array) => Array.from(kept, (row) => values[row]!)
  const sampleCount = column(data.sampleCount)
  const window: ProfileWindow = {
    $typeName: 'quadrant.v1.ProfileWindow',
    startNs: data.startNs,
    endNs: data.endNs,
    frequencyHz: data.frequencyHz,
    strings: data.strings,
    frames: Array.from(data.frameFunction, (name, index) => ({
      $typeName: 'quadrant.v1.ProfileFrame',
      function: name,
      file: data.frameFile[index]!,
      line: data.frameLine[index]!,
      module: data.frameModule[index]!,
      kind: data.frameKind[index]! as FrameKind,
      inlined: data.frameInlined[index] === 1,
    })),
    nodeFrame: Array.from(data.nodeFrame),
    nodeParent: Array.from(data.nodeParent),
    sampleProcess: Array.from(kept, (row) => indexes[data.sampleProcess[row]!]!),
    sampleNode: column(data.sampleNode),
    sampleCount,
    sampleKind: column(data.sampleKind),
    sampleOffsetUs: column(data.sampleOffsetUs),
    sampleBroken: column(data.sampleBroken),
  }
  const samples = sum(sampleCount)
  return { window, samples, dropped: sum(Array.from(data.sampleCount)) - samples }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
