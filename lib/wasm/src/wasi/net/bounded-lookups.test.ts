import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Errno } from '../errno.ts'
import { boundedLookups } from './bounded-lookups.ts'
import { MACHINE_NETWORK } from './guest-network.ts'

test('a guest has only so many names looked up at once, and others when those are found', async () => {
  const waiting: (() => void)[] = []
  const network = boundedLookups({
    ...MACHINE_NETWORK,
    lookup: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return ['127.0.0.1']
    },
  })
  const looked = Array.from({ length: 20 }, () => network.lookup('a.test', 0))
  const settled = Promise.allSettled(looked)
  await assert.rejects(looked[16]!, { errno: Errno.AGAIN })
  for (const resolve of waiting) resolve()
  const results = await settled
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 16)
  const again = network.lookup('a.test', 0)
  waiting.at(-1)!()
  assert.deepEqual(await again, ['127.0.0.1'])
})
