// Who runs with which rights, and who listens: looked at from outside, in /proc.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { credentials, childOf, listeningSockets } from './processes.ts'
import { eventually, quadrant, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

const NOBODY = 65534
const SERVER = join(import.meta.dirname, '../apps/server/src/main.ts')

test(
  'the agent listens on nothing, the server has no capability in any thread',
  { skip: missing() },
  async () => {
    await using product = await RunningQuadrant.start()
    const agent = await eventually('the agent runs', () => childOf(product.pid, 'apps/agent'))
    const server = await eventually('the server runs', () => childOf(product.pid, 'apps/server'))
    await eventually('the agent is connected', async () => {
      const { stdout } = await product.run(['status', '-o', 'json'])
      return stdout.includes('"connected": true') || stdout.includes('"connected":true') ? true : undefined
    })
    assert.deepEqual(listeningSockets(agent), [])
    const { uid, capabilities, ...confined } = credentials(server)
    assert.equal(uid, Number(process.env['SUDO_UID'] ?? NOBODY))
    assert.ok(capabilities.length > 1)
    for (const [effective, permitted] of capabilities) assert.deepEqual([effective, permitted], [0n, 0n])
    const inet = listeningSockets(server).filter((socket) => !socket.startsWith('unix'))
    assert.equal(inet.length > 0, true)
    for (const socket of inet) assert.match(socket, /^tcp 0100007F:|^tcp6 00000000000000000000000001000000:/)
    assert.deepEqual([confined.noNewPrivs, confined.bounding], [true, 0n])
    const all = (1n << 41n) - 1n
    for (const [effective] of credentials(agent).capabilities) assert.notEqual(effective, all)
  },
)

test('SIGUSR1 opens no debugger, and ends nothing', { skip: missing() }, async () => {
  await using product = await RunningQuadrant.start()
  const agent = await eventually('the agent runs', () => childOf(product.pid, 'apps/agent'))
  const server = await eventually('the server runs', () => childOf(product.pid, 'apps/server'))
  await eventually('the agent is confined', () => (credentials(agent).noNewPrivs ? true : undefined))
  const before = [product.pid, agent, server].map(listeningSockets)
  for (const pid of [product.pid, agent, server]) process.kill(pid, 'SIGUSR1')
  // Node opens the port within some milliseconds of the signal.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const now = [product.pid, agent, server].map(listeningSockets)
  assert.deepEqual(now, before)
  const debuggerPort = 9229
  for (const socket of now.flat())
    assert.ok(!socket.endsWith(`:${debuggerPort.toString(16).toUpperCase()}`), socket)
  assert.equal(childOf(product.pid, 'apps/agent'), agent)
  assert.equal(childOf(product.pid, 'apps/server'), server)
  const { stdout } = await product.run(['status', '-o', 'json'])
  assert.equal((JSON.parse(stdout) as { serverPid: number }).serverPid, server)
})

/** Namespaces of its own where one user is mapped, to root, and loopback is up. */
const UNSHARE = ['unshare', '--user', '--map-root-user', '--net', '--pid', '--kill-child', '--mount-proc']
const LOOPBACK_UP = ['sh', '-c', 'ip link set lo up && exec "$0" "$@"']
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']

for (const { name, become, outside } of [
  { name: 'whoever runs this test', become: [], outside: process.getuid?.() ?? 0 },
  { name: 'an ordinary user', become: AS_NOBODY, outside: NOBODY },
] as const)
  test(
    `in a user namespace that has but one user, which is ${name} outside, the server gives up every capability`,
    { skip: missingNamespace(become), timeout: 120_000 },
    async (t) => {
      const data = mkdtempSync(join(tmpdir(), 'quadrant-e2e-'))
      t.after(() => rmSync(data, { recursive: true, force: true }))
      if (outside === NOBODY) chownSync(data, NOBODY, NOBODY)
      await using product = await RunningQuadrant.start([], {
        data,
        under: [...become, ...UNSHARE, ...LOOPBACK_UP],
      })
      const up = await eventually('up runs', () => childOf(product.pid, 'apps/cli'))
      // `unshare` waits for its child and takes no signal meanwhile.
      using _up = { [Symbol.dispose]: () => process.kill(up, 'SIGINT') }
      const server = await eventually('the server runs', () => childOf(up, 'apps/server'))
      const { uid, capabilities, noNewPrivs } = credentials(server)
      assert.deepEqual([uid, noNewPrivs], [outside, true])
      assert.ok(capabilities.length > 1)
      for (const sets of capabilities) assert.deepEqual(sets, [0n, 0n])
      assert.match(product.log, new RegExp(`"uidOutside":${outside},"msg":"no other user to become`))

      const inside = ['nsenter', `--target=${up}`, '--user', '--net', '--pid', '--mount', '--']
      await eventually('the agent is connected', async () => {
        const { stdout } = await quadrant(['status', '-o', 'json', '--data', data], { under: inside })
        return /"connected": ?true/.test(stdout) ? true : undefined
      })
      const doctor = await quadrant(['doctor', '-o', 'json', '--data', data], { under: inside })
      assert.equal(doctor.code, 5, doctor.stderr)
      const { checks } = JSON.parse(doctor.stdout) as { checks: readonly { id: string; status: string }[] }
      const status = (id: string) => checks.find((check) => check.id === id)?.status
      assert.equal(status('host.user_namespace'), 'CHECK_STATUS_FATAL')
      // The server's own are there when it answers, and only then.
      assert.equal(status('server.agents'), 'CHECK_STATUS_OK')

      // The console: with the token of the address and not without.
      const { origin } = new URL(product.address)
      for (const [address, expected] of [
        [product.address, /^(?:200|302|303)$/],
        [origin, /^401$/],
      ] as const) {
        const script = `fetch(process.argv[1], { redirect: 'manual' }).then(({ status }) => console.log(status))`
        const { stdout, stderr } = spawnSync(inside[0]!, [
          ...inside.slice(1),
          process.execPath,
          '-e',
          script,
          address,
        ])
        assert.match(stdout.toString().trim(), expected, stderr.toString())
      }
    },
  )

test(
  'where there are other users and the server cannot become the one it should, it refuses',
  { skip: missing('unshare') },
  async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'quadrant-e2e-'))
    t.after(() => rmSync(data, { recursive: true, force: true }))
    const script = 'read _ && exec "$0" "$@"'
    const args = ['--user', 'sh', '-c', script, process.execPath, SERVER, '--data', data]
    const server = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000 })
    const errors = text(server.stderr)
    const output = text(server.stdout)
    // Two users, and nobody is not among them.
    await eventually('the namespace is there', () => {
      const own = readlinkSync('/proc/self/ns/user')
      return readlinkSync(`/proc/${server.pid}/ns/user`) === own ? undefined : true
    })
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${server.pid}/${map}`, '0 0 1\n1 1 1\n')
    server.stdin.write('\n')
    const [code] = (await once(server, 'exit')) as [number | null]
    assert.equal(code, 3)
    assert.match(await errors, /^error: /)
    assert.equal(await output, '')
  },
)

/** The reason to skip a test in such namespaces, or false where they can be had. */
function missingNamespace(become: readonly string[]): string | false {
  if (become.length > 0 && process.getuid?.() !== 0) return 'needs root'
  const [program, ...args] = [...become, ...UNSHARE, ...LOOPBACK_UP, process.execPath, import.meta.filename]
  // This file as a module to read: the checkout may lie where others do not get.
  const tried = spawnSync(program, [
    ...args.slice(0, -1),
    '-e',
    'fs.readFileSync(process.argv[1])',
    args.at(-1)!,
  ])
  if (tried.status === 0) return false
  return `no such namespaces here: ${(tried.stderr?.toString() ?? String(tried.error)).trim().split('\n', 1)[0]}`
}
