import type { Box, Point } from './placement.ts'

/** How the map is looked at: a point p of the map stands at `p * scale + (x, y)` on the screen. */
export interface Camera {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const SCALE_MIN = 0.08
const SCALE_MAX = 2.5
/** A small map is not blown up to fill the screen. */
const FIT_SCALE_MAX = 1
const FIT_MARGIN = 40
const LEGEND_HEIGHT = 48

export const CAMERA_HOME: Camera = { x: 0, y: 0, scale: 1 }

export function zoomAt(camera: Camera, factor: number, at: Point): Camera {
  const scale = Math.min(Math.max(camera.scale * factor, SCALE_MIN), SCALE_MAX)
  const ratio = scale / camera.scale
  return { scale, x: at.x - (at.x - camera.x) * ratio, y: at.y - (at.y - camera.y) * ratio }
}

/**
 * The whole box in the middle of the screen, if it need not be made smaller than `scaleMin` for that. Below it is room
 * for the legend.
 */
export function fitCamera(box: Box, screen: Size, scaleMin = SCALE_MIN): Camera {
  const room = { width: screen.width - 2 * FIT_MARGIN, height: screen.height - FIT_MARGIN - LEGEND_HEIGHT }
  const scale = Math.max(scaleMin, Math.min(room.width / box.width, room.height / box.height, FIT_SCALE_MAX))
  return {
    scale,
    x: Math.round(FIT_MARGIN + (room.width - box.width * scale) / 2 - box.x * scale),
    y: Math.round(FIT_MARGIN / 2 + (room.height - box.height * scale) / 2 - box.y * scale),
  }
}

/** Moves as little as is needed to bring the box into sight. */
export function reveal(camera: Camera, box: Box, screen: Size): Camera {
  const shift = (start: number, length: number, room: number) => {
    if (start < FIT_MARGIN) return FIT_MARGIN - start
    return start + length > room - FIT_MARGIN ? Math.min(0, room - FIT_MARGIN - start - length) : 0
  }
  const dx = shift(box.x * camera.scale + camera.x, box.width * camera.scale, screen.width)
  const dy = shift(box.y * camera.scale + camera.y, box.height * camera.scale, screen.height)
  return dx === 0 && dy === 0 ? camera : { ...camera, x: camera.x + dx, y: camera.y + dy }
}
