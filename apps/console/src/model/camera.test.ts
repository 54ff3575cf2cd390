import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitCamera, reveal, zoomAt } from './camera.ts'

const screen = { width: 800, height: 600 }

test('zooming leaves the point under the pointer where it is', () => {
  const camera = { x: 30, y: -20, scale: 0.7 }
  const at = { x: 400, y: 300 }
  const zoomed = zoomAt(camera, 1.6, at)
  const before = (at.x - camera.x) / camera.scale
  assert.ok(Math.abs((at.x - zoomed.x) / zoomed.scale - before) < 1e-9)
  assert.ok(zoomAt(camera, 1e9, at).scale < 10 && zoomAt(camera, 1e-9, at).scale > 0)
})

test('fitting shows the whole box, and does not blow up a small one', () => {
  const box = { x: 100, y: 50, width: 4000, height: 300 }
  const { x, scale } = fitCamera(box, screen)
  assert.ok(box.x * scale + x >= 0 && (box.x + box.width) * scale + x <= screen.width)
  assert.equal(fitCamera({ x: 0, y: 0, width: 100, height: 40 }, screen).scale, 1)
  assert.equal(fitCamera(box, screen, 0.85).scale, 0.85)
})

test('revealing moves only what must move', () => {
  const camera = { x: 0, y: 0, scale: 1 }
  assert.equal(reveal(camera, { x: 100, y: 100, width: 50, height: 50 }, screen), camera)
  assert.deepEqual(reveal(camera, { x: 900, y: 100, width: 50, height: 50 }, screen), {
    x: -190,
    y: 0,
    scale: 1,
  })
})
