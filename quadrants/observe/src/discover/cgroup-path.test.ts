import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerOf, isSessionUnit, parseCgroups, unitOf } from './cgroup-path.ts'
import { findUnifiedMount } from './cgroup-tree.ts'

const ID = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const POD = '0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0'

test('containers by the paths that their engines make', () => {
  const check = (path: string, expected: string) => assert.equal(containerOf(path), expected, path)
  check(`/docker/${ID}`, ID)
  check(`/system.slice/docker-${ID}.scope`, ID)
  check(`/kubepods/besteffort/pod0f1e2d3c-4b5a/${ID}`, ID)
  check(
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD}.slice/cri-containerd-${ID}.scope`,
    ID,
  )
  check(`/kubepods.slice/kubepods-pod${POD}.slice/crio-${ID}.scope`, ID)
  check(`/machine.slice/libpod-${ID}.scope/container`, ID)
  check(`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, ID)
  check(`/system.slice/containerd.service/kubepods-pod${POD}.slice:cri-containerd:${ID}`, ID)
  check('/lxc.payload.web/system.slice/nginx.service', 'web')
  check('/lxc/web', 'web')
  check('/system.slice/nginx.service', '')
  check(`/x/${ID}f`, '')
  check('/', '')
})

test('units', () => {
  const check = (path: string, expected: string) => assert.equal(unitOf(path), expected, path)
  check('/system.slice/nginx.service', 'nginx.service')
  check('/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service')
  check(String.raw`/system.slice/my\x2dapp.service`, 'my-app.service')
  check('/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service', 'shop.service')
  check('/user.slice/user-1000.slice/session-3.scope', 'session-3.scope')
  check(`/system.slice/docker-${ID}.scope`, '')
  check(`/system.slice/nginx.service/worker`, 'nginx.service')
  check('/', '')
  assert.deepEqual(
    ['session-3.scope', 'user@1000.service', 'init.scope', 'nginx.service'].map(isSessionUnit),
    [true, true, true, false],
  )
})

test('hierarchies: v2, v1 and hybrid', () => {
  const check = (text: string, expected: readonly [string, string, string]) => {
    const { path, containerId, systemdUnit } = parseCgroups(text)
    assert.deepEqual([path, containerId, systemdUnit], expected)
  }
  check('0::/system.slice/nginx.service\n', ['/system.slice/nginx.service', '', 'nginx.service'])
  check(`12:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`, [`/docker/${ID}`, ID, ''])
  check(`5:cpu,cpuacct:/kubepods/pod1/${ID}\n1:name=systemd:/system.slice/x.service\n0::/\n`, [
    '/system.slice/x.service',
    ID,
    'x.service',
  ])
  check('4:memory:/api/12\n0::/\n', ['/api/12', '', ''])
  check('0::/\n', ['/', '', ''])
  check('', ['', '', ''])
  check('nonsense\n:\n', ['', '', ''])
})

test('the mount of the unified hierarchy', () => {
  assert.equal(findUnifiedMount('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n'), '/sys/fs/cgroup')
  assert.equal(
    findUnifiedMount(String.raw`cgroup /a cgroup rw 0 0
cgroup2 /with\040space cgroup2 rw 0 0`),
    '/with space',
  )
  assert.equal(findUnifiedMount('tmpfs / tmpfs rw 0 0\n'), undefined)
})
