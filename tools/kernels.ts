// `npm run test:kernels [-- VERSION...]`: runs the tests of lib/ebpf and quadrants/observe on other kernels: Debian's, in
// qemu without KVM, with this machine's own root file system shared read-only over 9p (but /tmp: a checkout there is
// not seen). Not part of `npm test`: emulation takes minutes. Needs root (for tests that attach), qemu-system-x86,
// busybox-static, cpio, kmod, xz-utils and apt.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { ROOT, repositoryFiles } from './repository.ts'

/** Debian's stable kernel and its backport: with and without kernel-side features that came between. */
const KERNELS = ['6.1', '6.12']
const MODULES = ['9p', '9pnet_virtio', 'virtio_pci', 'veth']
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'quadrant', 'kernels')
const LIMIT_SECONDS = 1800
const FAILED_LINE = 'quadrant-kernels-failed='

/**
 * V8 compares the return addresses on its stack with its tables of code, and under emulation a process in twenty
 * fails that check (SIGTRAP) whatever it does; none does on real processors. Such a process is run again.
 */
const CRASHED = 128 + 5
const ATTEMPTS_MAX = 4

/** Program → Debian package. */
const TOOLS = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  cpio: 'cpio',
  modprobe: 'kmod',
  xz: 'xz-utils',
} as const

const missing = Object.entries(TOOLS).filter(([program]) => spawnSync('which', [program]).status !== 0)
if (missing.length > 0) {
  const packages = missing.map(([, name]) => name).join(' ')
  process.stderr.write(`test:kernels: not here: ${missing.map(([program]) => program).join(', ')}\n`)
  process.stderr.write(`fix: apt-get install -y --no-install-recommends ${packages}\n`)
  process.exit(5)
}

const wanted = process.argv.slice(2).filter((word) => /^\d/.test(word))
const words = process.argv.slice(2).filter((word) => !/^\d/.test(word))
const files = repositoryFiles().filter(
  (path) =>
    /^(lib\/ebpf|quadrants\/observe)\/.*\.test\.ts$/.test(path) &&
    (words.length === 0 || words.some((word) => path.includes(word))),
)
const results: Array<{ readonly version: string; readonly outcome: Outcome }> = []
for (const version of wanted.length > 0 ? wanted : KERNELS)
  results.push({ version, outcome: await run(version) })
for (const { version, outcome } of results) {
  const { pass, fail, skipped, failed } = outcome
  process.stdout.write(
    `${failed === '' ? '✔' : '✖'} Linux ${version}: ${pass} passed, ${fail} failed, ${skipped} skipped${failed && `: ${failed}`}\n`,
  )
}
process.exit(results.every(({ outcome }) => outcome.failed === '') ? 0 : 1)

/** What the guest told; `failed` has the paths of the files that failed, or why nothing is known of them. */
interface Outcome {
  pass: number
  fail: number
  skipped: number
  failed: string
}

async function run(version: string): Promise<Outcome> {
  const kernel = fetchKernel(version)
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-kernel-'))
  try {
    const initramfs = join(folder, 'initramfs.cpio')
    writeInitramfs(kernel, initramfs, folder)
    process.stdout.write(`Linux ${kernel.release}\n`)
    return await boot(kernel.image, initramfs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Kernel {
  readonly release: string
  readonly image: string
  /** Folder that holds lib/modules/RELEASE. */
  readonly modules: string
}

/** The newest Debian kernel of a series, unpacked in the cache. */
function fetchKernel(series: string): Kernel {
  const pattern = `^linux-image-${series.replaceAll('.', '\\.')}\\.[0-9+a-z.-]*-amd64$`
  const names = execFileSync('apt-cache', ['search', '--names-only', pattern], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name !== '' && !/cloud|rt|dbg|unsigned/.test(name))
    .sort(byNumbers)
  const name = names.at(-1)
  if (!name) throw new Error(`apt knows no kernel ${series}; run apt-get update`)
  const release = name.slice('linux-image-'.length)
  const folder = join(CACHE, release)
  if (!existsSync(join(folder, 'boot', `vmlinuz-${release}`))) {
    mkdirSync(folder, { recursive: true })
    execFileSync('apt-get', ['download', '-q', name], { cwd: folder, stdio: 'inherit' })
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'))!
    execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: folder })
    rmSync(join(folder, archive))
  }
  return { release, image: join(folder, 'boot', `vmlinuz-${release}`), modules: folder }
}

function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function writeInitramfs(kernel: Kernel, path: string, folder: string): void {
  const root = join(folder, 'root')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'host', 'modules'])
    mkdirSync(join(root, name), { recursive: true })
  cpSync(
    execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim(),
    join(root, 'bin', 'busybox'),
    { dereference: true },
  )
  const loaded = modulesInOrder(kernel).map((module, i) => {
    const plain = `${String(i).padStart(2, '0')}-${basename(module).replace(/\.(xz|zst)$/, '')}`
    const bytes = module.endsWith('.xz')
      ? execFileSync('xz', ['-dc', module], { maxBuffer: 64 << 20 })
      : readFileSync(module)
    writeFileSync(join(root, 'modules', plain), bytes)
    return plain
  })
  writeFileSync(join(root, 'init'), initScript(loaded), { mode: 0o755 })
  writeFileSync(join(root, 'tests'), testScript())
  const names = execFileSync('find', ['.'], { cwd: root })
  writeFileSync(
    path,
    execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], { cwd: root, input: names, maxBuffer: 256 << 20 }),
  )
}

/** Files of the wanted modules and of all that they need, needed ones first. A module that is built in has none. */
function modulesInOrder(kernel: Kernel): readonly string[] {
  const base = join(kernel.modules, 'lib', 'modules', kernel.release)
  if (!existsSync(join(base, 'modules.dep'))) execFileSync('depmod', ['-b', kernel.modules, kernel.release])
  const needs = new Map(
    readFileSync(join(base, 'modules.dep'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [path, rest = ''] = line.split(':')
        return [path!, rest.split(' ').filter((need) => need !== '')] as const
      }),
  )
  const ordered: string[] = []
  const add = (path: string) => {
    for (const need of needs.get(path) ?? []) add(need)
    if (!ordered.includes(path)) ordered.push(path)
  }
  for (const name of MODULES)
    for (const path of needs.keys())
      if (
        basename(path)
          .replace(/\.ko.*$/, '')
          .replaceAll('-', '_') === name
      )
        add(path)
  return ordered.map((path) => join(base, path))
}

function initScript(modules: readonly string[]): string {
  return [
    '#!/bin/busybox sh',
    '/bin/busybox --install -s /bin',
    'mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev',
    ...modules.map((module) => `insmod /modules/${module}`),
    'mount -t 9p -o trans=virtio,version=9p2000.L,msize=1048576,cache=loose,ro host /host || poweroff -f',
    'for name in proc sys dev; do mount --rbind /$name /host/$name; done',
    'for name in tmp run var/lib; do mount -t tmpfs tmpfs /host/$name; done',
    'mkdir -p /host/sys/fs/cgroup; mount -t cgroup2 cgroup2 /host/sys/fs/cgroup',
    'mount -t tracefs nodev /host/sys/kernel/tracing; mount -t bpf bpf /host/sys/fs/bpf',
    'ip link set lo up',
    'cp /tests /host/tmp/tests; chroot /host /bin/sh /tmp/tests',
    // A process that crashed says so there only.
    'dmesg | grep -E "segfault|traps:|Oops|BUG" | tail -n 20',
    'poweroff -f',
    '',
  ].join('\n')
}

/** Runs each file of tests in a process of its own, and tells which failed. */
function testScript(): string {
  return [
    `export PATH=${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp`,
    `cd ${ROOT}`,
    'failed=',
    `for file in ${files.join(' ')}; do`,
    '  echo "$file"',
    `  for attempt in $(seq ${ATTEMPTS_MAX}); do`,
    '    node --test-reporter=spec "$file"; code=$?',
    `    [ $code = ${CRASHED} ] || break`,
    '  done',
    '  [ $code = 0 ] || failed="$failed $file"',
    'done',
    `echo "${FAILED_LINE}$failed"`,
    '',
  ].join('\n')
}

async function boot(image: string, initramfs: string): Promise<Outcome> {
  const guest = spawn(
    'qemu-system-x86_64',
    [
      ['-kernel', image, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1 lsm=bpf,lockdown'],
      ['-m', '3072', '-smp', '2', '-cpu', 'max', '-nographic', '-no-reboot', '-nic', 'none'],
      ['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
      ['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
    ].flat(),
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_SECONDS * 1000 },
  )
  const outcome: Outcome = { pass: 0, fail: 0, skipped: 0, failed: 'the guest ended before its tests' }
  for await (const line of createInterface({ input: guest.stdout })) {
    process.stdout.write(`${line}\n`)
    const text = stripVTControlCharacters(line).trim()
    const [, name, count] = /^ℹ (pass|fail|skipped) (\d+)$/.exec(text) ?? []
    if (name === 'pass' || name === 'fail' || name === 'skipped') outcome[name] += Number(count)
    if (text.startsWith(FAILED_LINE)) outcome.failed = text.slice(FAILED_LINE.length).trim()
  }
  return outcome
}
