import { FrameKind } from '@quadrant/proto'
import type { ProfileFunction } from './stack-profile.ts'

/** Colours for modules: ten hues in two shades, so that two modules seldom have the same. */
const MODULE_TONES = [
  'm0',
  'm1',
  'm2',
  'm3',
  'm4',
  'm5',
  'm6',
  'm7',
  'm8',
  'm9',
  'm10',
  'm11',
  'm12',
  'm13',
  'm14',
  'm15',
  'm16',
  'm17',
  'm18',
  'm19',
] as const
/** Colours of frames, as `--frame-NAME` of the style: those for modules, and some that are always the same. */
export const FRAME_TONES = [...MODULE_TONES, 'std', 'kernel', 'none'] as const
export type FrameTone = (typeof FRAME_TONES)[number]

/** The colour of a module is its name's, whatever its version and whatever else is drawn. */
export function frameTone({ module, kind }: Pick<ProfileFunction, 'module' | 'kind'>): FrameTone {
  if (kind === FrameKind.KERNEL || module === '[kernel]') return 'kernel'
  if (module === 'std') return 'std'
  if (module === '') return 'none'
  return MODULE_TONES[fnv1a(moduleName(module)) % MODULE_TONES.length]!
}

/** Without its version. */
export function moduleName(module: string): string {
  const at = module.lastIndexOf('@')
  return at > 0 ? module.slice(0, at) : module
}

/** What stands for a module where there is one to read. */
export function moduleTitle({ module, kind }: Pick<ProfileFunction, 'module' | 'kind'>): string {
  if (kind === FrameKind.KERNEL || module === '[kernel]') return 'kernel'
  if (module === 'std') return 'Go standard library'
  return module || 'not known'
}

/** FNV-1a, 32 bits (draft-eastlake-fnv), over UTF-16 units. */
function fnv1a(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  // The low bits alone are weak in short names.
  return (value ^ (value >>> 16)) >>> 0
}
