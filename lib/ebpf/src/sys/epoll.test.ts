import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Epoll } from './epoll.ts'
import { EventFd } from './event-fd.ts'

test('epoll tells which descriptors are readable', { skip: process.platform !== 'linux' }, () => {
  using epoll = new Epoll()
  using a = new EventFd()
  using b = new EventFd()
  epoll.add(a.fd)
  epoll.add(b.fd, 77)
  assert.equal(epoll.wait(0), 0)
  a.signal()
  assert.equal(epoll.wait(-1), 1)
  assert.equal(epoll.token(0), a.fd)
  b.signal()
  b.signal()
  assert.equal(epoll.wait(1000), 2)
  assert.deepEqual(new Set([epoll.token(0), epoll.token(1)]), new Set([a.fd, 77]))
  assert.equal(a.consume(), true)
  assert.equal(a.consume(), false)
  assert.equal(epoll.wait(0), 1)
  assert.equal(epoll.token(0), 77)
  epoll.remove(b.fd)
  assert.equal(epoll.wait(0), 0)
  assert.throws(() => epoll.add(1_000_000), { code: 'system', errnoName: 'EBADF' })
})
