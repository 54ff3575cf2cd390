import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILTER_CAPABILITIES } from '../gateway/config/filter-spec.ts'
import { capabilityOfImport, importsOf } from './capability.ts'

test('what a capability allows is what asks for it', () => {
  for (const capability of FILTER_CAPABILITIES) {
    const own = importsOf([capability]).filter((name) => !importsOf([]).includes(name))
    assert.ok(own.length > 0, capability)
    for (const name of own) {
      assert.equal(capabilityOfImport('env', name), capability)
    }
  }
  for (const name of importsOf([])) {
    assert.equal(capabilityOfImport('env', name), undefined)
    assert.equal(capabilityOfImport('wasi_snapshot_preview1', name), undefined)
  }
})
