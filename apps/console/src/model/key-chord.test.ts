import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHORD_MS, keyAction, type KeyContext, type KeyPress } from './key-chord.ts'

function check(press: Partial<KeyPress>, expected: string | undefined, context: Partial<KeyContext> = {}) {
  const action = keyAction(
    { key: '', ctrlKey: false, metaKey: false, altKey: false, ...press },
    { page: 'map', chordAtMs: undefined, nowMs: 0, typing: false, onButton: false, ...context },
  )
  const told =
    action && 'page' in action
      ? `page ${action.page}`
      : action && 'flame' in action
        ? `flame ${action.flame}`
        : action && 'rows' in action
          ? `rows ${action.rows}`
          : action?.kind
  assert.equal(told, expected, press.key ?? '')
}

test('keys do what the help says', () => {
  check({ key: '/' }, 'filter')
  check({ key: '[' }, 'step')
  check({ key: ' ' }, 'pause')
  check({ key: '.' }, 'live')
  check({ key: 't' }, 'table')
  check({ key: 'c' }, 'compare')
  check({ key: 'y' }, 'copy-command')
  check({ key: 'k', ctrlKey: true }, 'palette')
  check({ key: 'k', metaKey: true }, 'palette')
})

test('g waits for its letter, and not for ever', () => {
  check({ key: 'g' }, 'chord')
  check({ key: 'f' }, 'page flows', { chordAtMs: 0, nowMs: 400 })
  check({ key: 'f' }, undefined, { chordAtMs: 0, nowMs: CHORD_MS + 1 })
  check({ key: 'f' }, undefined)
})

test('letters are text while typing; the palette and Esc work all the same', () => {
  check({ key: 't' }, undefined, { typing: true })
  check({ key: 'Escape' }, 'up', { typing: true })
  check({ key: 'k', ctrlKey: true }, 'palette', { typing: true })
  check({ key: ' ' }, undefined, { onButton: true })
  check({ key: 't', ctrlKey: true }, undefined)
})

test('digits are the four views of a profile, on its page alone', () => {
  check({ key: '1' }, 'flame time', { page: 'profiles' })
  check({ key: '4' }, 'flame diff', { page: 'profiles' })
  check({ key: '5' }, undefined, { page: 'profiles' })
  check({ key: '0' }, undefined, { page: 'profiles' })
  check({ key: '1' }, undefined)
  check({ key: '1' }, undefined, { page: 'profiles', typing: true })
  check({ key: 'p' }, 'page profiles', { chordAtMs: 0, nowMs: 1 })
  check({ key: 's' }, 'page service', { chordAtMs: 0, nowMs: 1 })
})

test('digits are the two kinds of rows on Flows', () => {
  check({ key: '1' }, 'rows connections', { page: 'flows' })
  check({ key: '2' }, 'rows requests', { page: 'flows' })
  check({ key: '3' }, undefined, { page: 'flows' })
  check({ key: '2' }, undefined, { page: 'flows', typing: true })
})
