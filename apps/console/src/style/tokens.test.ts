import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

// WCAG 2.2, 1.4.3: text needs 4.5:1; 1.4.11: lines that carry meaning need 3:1.
const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const colors = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }],
  ),
)

const TEXTS = ['text', 'muted', 'accent', 'good', 'retransmits', 'resets', 'errors', 'failures']
const GROUNDS = ['bg', 'surface', 'hover']
/** What frames of a flame graph are filled with; their names stand on it. */
const FRAMES = [...colors.keys()].filter((name) => /^(?:frame|more|less)-/.test(name))
const PAIRS = [
  ...FRAMES.map((ground) => ['text', ground, 4.5] as const),
  ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground, 4.5] as const)),
  ['text', 'accent-soft', 4.5],
  ['accent', 'accent-soft', 4.5],
  ['muted', 'accent-soft', 4.5],
  ['accent-text', 'accent', 4.5],
  ['resets', 'resets-soft', 4.5],
  ['edge', 'bg', 3],
] as const

test('every text can be read, in light and in dark', () => {
  for (const scheme of ['light', 'dark'] as const)
    for (const [text, ground, least] of PAIRS) {
      const ratio = contrast(colors.get(text)![scheme], colors.get(ground)![scheme])
      assert.ok(ratio >= least, `${scheme}: ${text} on ${ground} has ${ratio.toFixed(2)}, not ${least}`)
    }
})

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high! + 0.05) / (low! + 0.05)
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
