import { FRAME_TONES, type FrameTone } from '../model/module-tone.ts'

/** Colours that a canvas is painted with. */
export interface FrameInks {
  readonly tones: Readonly<Record<FrameTone, string>>
  readonly more: readonly [string, string]
  readonly less: readonly [string, string]
  readonly same: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly accent: string
  readonly ground: string
  readonly font: string
}

/** A canvas knows no custom properties: each colour is asked of an element that has it. */
export function readInks(beside: HTMLElement): FrameInks {
  const probe = document.createElement('span')
  beside.append(probe)
  const ink = (name: string) => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  probe.className = 'mono'
  const inks = {
    tones: Object.fromEntries(FRAME_TONES.map((tone) => [tone, ink(`frame-${tone}`)])) as Record<
      FrameTone,
      string
    >,
    more: [ink('more-soft'), ink('more-strong')] as const,
    less: [ink('less-soft'), ink('less-strong')] as const,
    same: ink('frame-none'),
    text: ink('text'),
    muted: ink('muted'),
    line: ink('line-strong'),
    accent: ink('accent'),
    ground: ink('surface'),
    font: `11px ${getComputedStyle(probe).fontFamily}`,
  }
  probe.remove()
  return inks
}
