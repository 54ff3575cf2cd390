import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CookieIndex } from './cookie-index.ts'
import { socketColumns } from './socket-columns.ts'

test('the index finds what a Map finds, over any additions and removals', () => {
  // Few cookies and few cells, so that they collide and wrap around the end.
  const operations = fc.array(fc.record({ add: fc.boolean(), cookie: fc.nat(40) }), { maxLength: 200 })
  fc.assert(
    fc.property(operations, (plan) => {
      const columns = socketColumns(64)
      const index = new CookieIndex(columns)
      const naive = new Map<number, number>()
      for (const { add, cookie } of plan) {
        const slot = naive.get(cookie)
        if (add && slot === undefined) {
          columns.cookieLow[cookie] = cookie * 0x1001
          columns.cookieHigh[cookie] = cookie & 3
          columns.discriminator[cookie] = cookie & 1 ? 77 : 0
          index.add(cookie)
          naive.set(cookie, cookie)
        } else if (!add && slot !== undefined) {
          index.remove(slot)
          naive.delete(cookie)
        }
        for (let other = 0; other <= 40; other++)
          assert.equal(
            index.find(other * 0x1001, other & 3, other & 1 ? 77 : 0),
            naive.get(other) ?? -1,
            `cookie ${other}`,
          )
      }
    }),
    { seed: 3, numRuns: 60 },
  )
})
