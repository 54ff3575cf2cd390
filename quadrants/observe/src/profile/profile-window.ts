import { create } from '@bufbuild/protobuf'
import { ProfileFrameSchema, type ProfileWindow, ProfileWindowSchema } from '@quadrant/proto'
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
  const rows = [...data.sampleProcess.keys()]
  const kept = rows.filter((row) => indexes[data.sampleProcess[row]!]! >= 0)
  const column = (values: readonly number[]) => kept.map((row) => values[row]!)
  const samples = column(data.sampleCount)
  const window = create(ProfileWindowSchema, {
    startNs: data.startNs,
    endNs: data.endNs,
    frequencyHz: data.frequencyHz,
    strings: data.strings,
    frames: data.frames.map((frame) => create(ProfileFrameSchema, frame)),
    nodeFrame: data.nodeFrame,
    nodeParent: data.nodeParent,
    sampleProcess: column(data.sampleProcess).map((process) => indexes[process]!),
    sampleNode: column(data.sampleNode),
    sampleCount: samples,
    sampleKind: column(data.sampleKind),
    sampleOffsetUs: column(data.sampleOffsetUs),
    sampleBroken: column(data.sampleBroken),
  })
  return { window, samples: sum(samples), dropped: sum(data.sampleCount) - sum(samples) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
