import { FrameKind } from '@quadrant/proto'
import type { StackFrame } from './stacks.ts'

const GREY = '#d0d0d0'
const KERNEL = '#f2b8a0'
const STANDARD_LIBRARY = '#b9d3f0'
/** Degrees of hue for modules: those around the standard library's blue are left to it. */
const HUE_FIRST = 240
const HUES = 310

/**
 * A light colour for what a frame belongs to, the same in every picture: black text on it has a contrast above 8:1.
 * Modules get a hue by their path, so that versions of one look alike.
 */
export function moduleColour({ kind, module }: Pick<StackFrame, 'kind' | 'module'>): string {
  if (kind === FrameKind.KERNEL) return KERNEL
  if (module === '') return GREY
  if (module === 'std') return STANDARD_LIBRARY
  const path = module.replace(/@[^@]*$/, '')
  let hash = 0x811c9dc5
  // FNV-1a.
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
  const unsigned = hash >>> 0
  return hexColour(
    HUE_FIRST + (unsigned % HUES),
    0.5 + ((unsigned >>> 9) % 3) * 0.12,
    0.76 + ((unsigned >>> 12) % 3) * 0.03,
  )
}

/** `#rrggbb` of hue (degrees), saturation and lightness (0 to 1): every viewer of SVG takes it. */
function hexColour(hue: number, saturation: number, lightness: number): string {
  const amplitude = saturation * Math.min(lightness, 1 - lightness)
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12
    const value = lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}
