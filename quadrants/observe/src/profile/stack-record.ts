import { ticksOf } from '../discover/host-clock.ts'
import type { ImageId } from './process-image.ts'

/** `struct stack` of bpf/profile.bpf.c: where its fields are, in bytes. */
export const STACK = {
  startNs: 0,
  startStack: 8,
  tgid: 16,
  second: 24,
  count: 28,
  kernelFrames: 32,
  userFrames: 34,
  hash: 40,
  frames: 48,
} as const

/** `USER_FRAMES_MAX`: a stack of so many was cut off. */
export const USER_FRAMES_MAX = 127

/** `struct image`: the same fields at the same places. */
export const IMAGE_BYTES = 24

/** `enum counter`. */
export const COUNTER = { seenEven: 0, seenOdd: 1, fullEven: 2, fullOdd: 3, lateImage: 4 } as const

const HIGH = 2 ** 32

/** Bytes of the stack at an offset, without the frames that it does not have. */
export function stackBytes(view: DataView, at: number): number {
  const frames = view.getUint16(at + STACK.kernelFrames, true) + view.getUint16(at + STACK.userFrames, true)
  return STACK.frames + frames * 8
}

/** A 64-bit number as a double: exact below 2^53. */
export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * HIGH
}

/** An address of the kernel as a negative number, its distance from 2^64: exact, as those of both architectures are near. */
export function kernelAddressAt(view: DataView, at: number): number {
  return (view.getUint32(at + 4, true) - HIGH) * HIGH + view.getUint32(at, true)
}

/** The `struct image` at an offset. */
export function imageAt(view: DataView, at: number): ImageId {
  return {
    pid: view.getUint32(at + STACK.tgid, true),
    startTicks: ticksOf(
      view.getUint32(at + STACK.startNs, true),
      view.getUint32(at + STACK.startNs + 4, true),
    ),
    startStack:
      view.getUint32(at + STACK.startStack, true) + view.getUint32(at + STACK.startStack + 4, true) * 2 ** 32,
  }
}
