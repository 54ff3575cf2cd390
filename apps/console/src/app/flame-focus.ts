import { signal } from '@preact/signals'
import type { FlameScene } from '../model/flame-scene.ts'

export interface FlamePoint {
  readonly scene: FlameScene
  readonly frame: number
}

/** What the pointer is over, and what the keyboard stands on. */
export const flameHover = signal<FlamePoint | undefined>(undefined)
export const flameFocus = signal<FlamePoint | undefined>(undefined)
