import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameKind } from '@quadrant/proto'
import { frameTone, moduleName, moduleTitle, FRAME_TONES } from './module-tone.ts'

const tone = (module: string, kind: FrameKind = FrameKind.GO) => frameTone({ module, kind })

test('a module has one colour in every version', () => {
  assert.equal(tone('golang.org/x/net@v0.31.0'), tone('golang.org/x/net@v0.40.0'))
  assert.equal(moduleName('golang.org/x/net@v0.31.0'), 'golang.org/x/net')
  assert.equal(moduleName('@v1'), '@v1')
})

test('the standard library, the kernel and what is not known have their own', () => {
  assert.equal(tone('std'), 'std')
  assert.equal(tone('[kernel]'), 'kernel')
  assert.equal(tone('anything', FrameKind.KERNEL), 'kernel')
  assert.equal(tone(''), 'none')
  assert.equal(moduleTitle({ module: '', kind: FrameKind.UNKNOWN }), 'not known')
})

test('modules are spread over all colours', () => {
  const counts = new Map<string, number>()
  for (let i = 0; i < 2000; i++) {
    const name = tone(`example.com/team${i % 40}/service-${i}@v1.${i}.0`)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  assert.equal(counts.size, FRAME_TONES.length - 3)
  // Of 100 each, 5 deviations apart at most (binomial: 9.7).
  for (const [name, count] of counts) assert.ok(Math.abs(count - 100) < 49, `${name}: ${count}`)
})
