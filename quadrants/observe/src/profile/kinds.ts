import type { FrameKind, SampleKind } from '@quadrant/proto'

/**
 * The protocol's numbers for frames and samples, for the thread that puts addresses into words: with the protocol's own
 * code it would be 8 MB larger.
 */
export const FRAME_KIND = {
  go: 1,
  native: 2,
  jit: 3,
  kernel: 4,
  unknown: 5,
} as const satisfies Record<string, FrameKind>

export const SAMPLE_KIND = { program: 0, gc: 1, runtime: 2 } as const satisfies Record<string, SampleKind>
