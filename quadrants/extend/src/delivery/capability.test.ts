import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILTER_CAPABILITIES, grantedCalls } from '../filters/capability.ts'
import { capabilityOfImport, isCapability } from './capability.ts'

test('a filter that names what its imports ask for may call all of them', () => {
  for (const capability of FILTER_CAPABILITIES) {
    assert.ok(isCapability(capability))
    const calls = [...grantedCalls([capability])].filter((name) => name.startsWith('proxy_'))
    const named = calls.flatMap((name) => capabilityOfImport('env', name) ?? [])
    assert.deepEqual([...new Set(named)], [capability])
  }
  assert.equal(capabilityOfImport('wasi_snapshot_preview1', 'fd_write'), undefined)
  assert.equal(capabilityOfImport('env', 'proxy_done'), undefined)
  assert.equal(isCapability('constructor'), false)
})
