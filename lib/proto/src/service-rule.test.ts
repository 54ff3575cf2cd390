import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServiceRule } from './service-rule.ts'

test('rules as people write them', () => {
  const check = (text: string, expected: object) => {
    const { $typeName: _, ...fields } = parseServiceRule(text)
    const empty = { service: '', executable: '', argument: '', systemdUnit: '', containerId: '', cgroup: '' }
    assert.deepEqual(fields, { ...empty, ...expected }, text)
  }
  check('shop=exe:*/shop', { service: 'shop', executable: '*/shop' })
  check('a b=arg:--url=http://x,unit:web*', {
    service: 'a b',
    argument: '--url=http://x',
    systemdUnit: 'web*',
  })
  check('c=container:ab*,cgroup:/k8s/*', { service: 'c', containerId: 'ab*', cgroup: '/k8s/*' })
})

test('what is no rule says what would be one', () => {
  const check = (text: string, problem: RegExp) => assert.throws(() => parseServiceRule(text), problem, text)
  check('', /NAME=FIELD:GLOB/)
  check('shop', /NAME=FIELD:GLOB/)
  check('=exe:x', /NAME=FIELD:GLOB/)
  check('shop=', /NAME=FIELD:GLOB/)
  check('shop=exe', /'exe' is not FIELD:GLOB/)
  check('shop=exe:', /'exe:' is not FIELD:GLOB/)
  check('shop=exe:a,exe:b', /'exe' is given twice/)
  check('shop=toString:a', /exe, arg, unit, container, cgroup are/)
  check(`shop=exe:${'x'.repeat(600)}`, /at most 512/)
})
