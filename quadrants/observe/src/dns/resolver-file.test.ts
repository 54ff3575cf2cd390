// Held against c-ares, which reads the same file within mount and network namespaces of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatAddress } from '@quadrant/core'
import fc from 'fast-check'
import { parseNameServers, readNameServers } from './resolver-file.ts'

const skip = process.getuid?.() !== 0 && 'needs root'

const FILE = `# nameserver 10.9.9.9
; nameserver 10.9.9.8
search example.test
nameserver 127.0.0.53
\tnameserver\t fd13::53  # ours
nameserver nobody
options edns0
nameserver   10.0.0.2
`

test('the servers are those that c-ares asks', { skip }, async () => {
  const script = `mount -t tmpfs none /mnt && printf %s "$0" > /mnt/resolv.conf &&
    mount --bind /mnt/resolv.conf /etc/resolv.conf &&
    exec "$1" -e 'console.log(require("dns").getServers().join(" ")); process.stdin.resume()'`
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', script, FILE, process.execPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    const path = `/proc/${child.pid}/ns/net`
    const servers = readNameServers({ inode: statSync(path).ino, path, pid: child.pid! })
    assert.equal(servers.map(formatAddress).join(' '), chunk.toString().trim())
    assert.equal(servers.length, 3)
  } finally {
    const closed = once(child, 'close')
    child.stdin.end()
    await closed
  }
})

test('a link is followed within the root of the process', () => {
  const root = mkdtempSync(join(tmpdir(), 'quadrant-resolver-'))
  const namespace = { inode: 1, path: join(root, '7/ns/net'), pid: 7 }
  try {
    const etc = join(root, '7/root/etc')
    mkdirSync(etc, { recursive: true })
    mkdirSync(join(root, '7/root/run'))
    assert.deepEqual(readNameServers(namespace), [], 'there is none')
    writeFileSync(join(root, '7/root/run/stub.conf'), 'nameserver 10.0.0.3\n')
    for (const target of ['/run/stub.conf', '../run/stub.conf', '../../../../../../../run/stub.conf']) {
      symlinkSync(target, join(etc, 'resolv.conf'))
      assert.deepEqual(readNameServers(namespace), [Uint8Array.of(10, 0, 0, 3)], target)
      rmSync(join(etc, 'resolv.conf'))
    }
    mkdirSync(join(etc, 'resolv.conf'))
    assert.deepEqual(readNameServers(namespace), [], 'a folder')
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('whatever a file says, there are three servers at most, and each is an address', () => {
  const line = fc.oneof(
    fc.string(),
    fc.ipV4().map((address) => `nameserver ${address}`),
    fc.ipV6().map((address) => `nameserver ${address}`),
    fc.constantFrom('nameserver', 'nameserver 0.0.0.0', 'nameserver ::', 'nameserver fe80::1%eth0', '\0'),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const servers = parseNameServers(lines.join('\n'))
      assert.ok(servers.length <= 3)
      for (const server of servers) {
        assert.ok(server.length === 4 || server.length === 16)
        assert.ok(server.some((byte) => byte !== 0))
      }
    }),
    { seed: 53, numRuns: 500 },
  )
})
