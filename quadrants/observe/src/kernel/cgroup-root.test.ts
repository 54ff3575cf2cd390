import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCgroupRoot } from './cgroup-root.ts'

const CASES: ReadonlyArray<readonly [name: string, mounts: string, root: string | undefined]> = [
  ['unified', 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n', '/sys/fs/cgroup'],
  [
    'hybrid',
    'tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n',
    '/sys/fs/cgroup/unified',
  ],
  ['v1 only', 'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n', undefined],
  ['a path with a space', 'cgroup2 /mnt/c\\040g cgroup2 rw 0 0\n', '/mnt/c g'],
]

for (const [name, mounts, root] of CASES) {
  test(`cgroup v2 mount: ${name}`, () => assert.equal(findCgroupRoot(mounts), root))
}
