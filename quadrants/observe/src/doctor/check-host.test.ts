import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CheckStatus } from '@quadrant/proto'
import { checkHost, type CheckHostOptions } from './check-host.ts'
import { HOOKS } from './hook.ts'
import type { HostFiles } from './host-files.ts'
import { parseKernelRelease } from './kernel-release.ts'
import { parseMounts } from './mounts.ts'

const MOUNTINFO = `22 28 0:21 / /proc rw,nosuid shared:13 - proc proc rw
30 23 0:26 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
31 23 0:7 / /sys/kernel/tracing rw shared:10 - tracefs nodev rw
32 23 0:8 / /sys/fs/bpf rw shared:11 - bpf bpf rw,mode=700
33 23 0:9 / /mnt/a\\040b rw - ext4 /dev/vda1 rw
`

/** A host where all is well; `text` and `links` change it, undefined takes a file away. */
function host(text: Record<string, string | undefined> = {}, links: Record<string, string> = {}): HostFiles {
  const files: Record<string, string | undefined> = {
    '/proc/self/mountinfo': MOUNTINFO,
    '/proc/self/status': 'Name:\tnode\nUid:\t0\t0\t0\t0\nSeccomp:\t0\n',
    '/proc/self/uid_map': '         0          0 4294967295\n',
    '/proc/sys/kernel/osrelease': '6.18.1-generic\n',
    '/sys/kernel/btf/vmlinux': '',
    '/sys/kernel/security/lockdown': '[none] integrity confidentiality\n',
    ...text,
  }
  const targets: Record<string, string> = {
    '/proc/self/ns/pid': 'pid:[4026531836]',
    '/proc/self/ns/net': 'net:[1]',
    '/proc/1/ns/net': 'net:[1]',
    '/proc/2/ns/net': 'net:[2]',
    ...links,
  }
  return {
    text: (path) => files[path],
    exists: (path) => files[path] !== undefined,
    link: (path) => targets[path],
    entries: () => ['1', '2', '3', 'self'],
  }
}

const ALL = ['bpf', 'perfmon', 'net_admin', 'sys_admin', 'sys_ptrace']
const EVERY_PROBE = [...new Set(HOOKS.flatMap((hook) => hook.probes.concat(hook.instead ?? [])))]
const probes =
  (...missing: string[]) =>
  () =>
    EVERY_PROBE.map((id) => ({
      id,
      ok: !missing.includes(id),
      errno: 'EPERM',
      detail: missing.includes(id) ? 'refused' : '',
    }))

function statuses(options: CheckHostOptions): Record<string, CheckStatus> {
  const { checks } = checkHost({
    files: host(),
    capabilities: ALL,
    probe: probes(),
    enterNamespace: () => undefined,
    ...options,
  })
  return Object.fromEntries(
    checks.filter((one) => one.status !== CheckStatus.OK).map((one) => [one.id, one.status]),
  )
}

const { WARNING, FATAL, SKIPPED } = CheckStatus

test('verdicts', () => {
  const check = (options: CheckHostOptions, expected: Record<string, CheckStatus>) =>
    assert.deepEqual(statuses(options), expected)
  check({}, {})
  // A locked-down host: what is better is a warning, what nothing would use is none.
  check(
    { probe: probes('attach:fentry', 'attach:kprobe', 'attach:lsm') },
    { 'kernel.fentry': WARNING, 'kernel.kprobe': SKIPPED, 'kernel.lsm': SKIPPED },
  )
  check({ probe: probes('attach:tp_btf') }, { 'kernel.tp_btf': FATAL })
  check({ probe: probes('attach:cgroup_sendmsg4') }, { 'kernel.cgroup_sock_addr': WARNING })
  // One way for events is enough, none is not.
  check({ probe: probes('map:ringbuf') }, { 'kernel.ringbuf': WARNING })
  check(
    { probe: probes('map:ringbuf', 'map:perf_event_array') },
    { 'kernel.ringbuf': FATAL, 'kernel.perf_event_array': FATAL },
  )
  check({ capabilities: ['sys_admin', 'sys_ptrace'] }, {})
  check(
    { capabilities: ['bpf', 'perfmon'] },
    { 'privilege.net_admin': WARNING, 'privilege.sys_admin': WARNING, 'privilege.sys_ptrace': WARNING },
  )
  check({ enterNamespace: () => 'EPERM' }, { 'host.network_namespaces': WARNING })
  check({ files: host({ '/sys/kernel/btf/vmlinux': undefined }) }, { 'host.btf': FATAL })
  check({ files: host({ '/proc/sys/kernel/osrelease': '5.10.0' }) }, { 'host.kernel_version': WARNING })
  check({ files: host({ '/proc/sys/kernel/osrelease': '4.18.0-553.el8' }) }, { 'host.kernel_version': FATAL })
  check({ files: host({ '/sys/kernel/security/lockdown': 'none [integrity] confidentiality' }) }, {})
  check(
    { files: host({ '/sys/kernel/security/lockdown': 'none integrity [confidentiality]' }) },
    { 'privilege.lockdown': FATAL },
  )
  check(
    { files: host({ '/proc/self/status': 'Uid:\t0\t0\t0\t0\nSeccomp:\t2\n' }) },
    { 'privilege.seccomp': WARNING },
  )
  check({ files: host({ '/proc/self/uid_map': '0 1000 1\n' }) }, { 'host.user_namespace': FATAL })
  check({ files: host({}, { '/proc/self/ns/pid': 'pid:[4026532999]' }) }, { 'host.pid_namespace': WARNING })
  check({ probe: probes('attach:uprobe') }, { 'kernel.uprobe': SKIPPED })
  check(
    {
      files: host({
        '/proc/self/mountinfo': '22 28 0:21 / /proc rw,hidepid=2 - proc proc rw,hidepid=invisible\n',
      }),
    },
    { 'host.tracefs': WARNING, 'host.bpffs': WARNING, 'host.cgroup2': WARNING, 'host.proc_visible': WARNING },
  )
})

test('without privilege nothing is tried, and the verdict says so', () => {
  const report = checkHost({
    files: host({ '/proc/self/status': 'Uid:\t1000\t1000\t1000\t1000\nSeccomp:\t0\n' }),
    capabilities: [],
    probe: () => assert.fail('tried'),
    enterNamespace: () => 'EPERM',
  })
  assert.equal(report.root, false)
  for (const { id, status, fix } of report.checks) {
    if (id.startsWith('kernel.')) assert.equal(status, SKIPPED, id)
    if (status !== CheckStatus.OK) assert.notEqual(fix, '', id)
  }
  assert.ok(report.checks.some(({ id, status }) => id === 'privilege.bpf' && status === FATAL))
})

test('on a host of which nothing can be read it still answers', () => {
  const empty: HostFiles = {
    text: () => undefined,
    exists: () => false,
    link: () => undefined,
    entries: () => undefined,
  }
  const { checks } = checkHost({ files: empty, capabilities: [], enterNamespace: () => 'ENOENT' })
  assert.ok(checks.length > 20)
})

test('this host: ids are unique, each check says what its lack would cost', () => {
  const { checks, kernel, architecture } = checkHost()
  assert.notEqual(kernel, '')
  assert.match(architecture, /^(x86_64|aarch64)$/)
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length)
  for (const { id, category, costIfMissing, title } of checks) {
    assert.ok(id.startsWith(`${category}.`))
    assert.notEqual(costIfMissing, '', id)
    assert.notEqual(title, '', id)
  }
})

test(
  'every hook names probes that lib/ebpf has',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async () => {
    const { probeFeatures } = await import('@quadrant/ebpf')
    const known = new Set(probeFeatures().map(({ id }) => id))
    for (const id of EVERY_PROBE) assert.ok(known.has(id), id)
  },
)

test('files of a host', () => {
  assert.deepEqual(
    parseMounts(MOUNTINFO).map(({ point, type }) => `${type} ${point}`),
    [
      'proc /proc',
      'cgroup2 /sys/fs/cgroup/unified',
      'tracefs /sys/kernel/tracing',
      'bpf /sys/fs/bpf',
      'ext4 /mnt/a b',
    ],
  )
  assert.deepEqual(parseMounts('garbage\n\n - \n1 2 3'), [])
  assert.deepEqual(parseKernelRelease('6.18.44-fc'), { major: 6, minor: 18 })
  assert.equal(parseKernelRelease('linux'), undefined)
})
