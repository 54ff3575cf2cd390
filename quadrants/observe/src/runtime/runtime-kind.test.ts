import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { mappedFiles } from './mapped-files.ts'
import { otherRuntime } from './runtime-kind.ts'

test('runtimes by mapped libraries, before names', () => {
  const check = (
    exe: string,
    mapped: readonly string[],
    runtime: string,
    version: string,
    evidence: string,
  ) => assert.deepEqual(otherRuntime(exe, ['/usr/lib/libc.so.6', ...mapped]), { runtime, version, evidence })
  check('/usr/bin/uwsgi', ['/usr/lib/libpython3.11.so.1.0'], 'python', '3.11', 'mapped libpython3.11.so.1.0')
  check('/usr/bin/nodejs', ['/usr/lib/libnode.so.108'], 'node', '', 'mapped libnode.so.108')
  check(
    '/usr/lib/jvm/java-17-openjdk-amd64/bin/java',
    ['/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so'],
    'java',
    '17',
    'mapped libjvm.so',
  )
  check('/opt/app/run', ['/opt/app/libjvm.so'], 'java', '', 'mapped libjvm.so')
  check('/usr/bin/puma', ['/usr/lib/libruby-3.1.so.3.1.2'], 'ruby', '3.1', 'mapped libruby-3.1.so.3.1.2')
  check(
    '/usr/bin/dotnet',
    ['/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/libcoreclr.so'],
    'dotnet',
    '8.0.1',
    'mapped libcoreclr.so',
  )
})

test('runtimes by names, else none', () => {
  const check = (exe: string, runtime: string, version = '') => {
    const told = otherRuntime(exe, [])
    assert.deepEqual([told.runtime, told.version], [runtime, version], exe)
  }
  check('/usr/bin/python3.11', 'python', '3.11')
  check('/usr/bin/python', 'python')
  check('/usr/local/bin/node', 'node')
  check('/opt/node-v20.1.0/bin/node', 'node')
  check('/usr/bin/java', 'java')
  check('/usr/bin/ruby3.1', 'ruby', '3.1')
  check('/usr/bin/dotnet', 'dotnet')
  for (const exe of ['/usr/bin/nodemon', '/usr/bin/javac', '/usr/sbin/nginx', '/opt/python/bin/gunicorn', ''])
    check(exe, 'native')
})

test('the files that a process has mapped, as the kernel tells them', async () => {
  assert.ok(mappedFiles('/proc', process.pid).includes(process.execPath))
  assert.deepEqual(mappedFiles('/proc', 4_194_999), [])
  const child = spawn('sleep', ['60'])
  try {
    await once(child, 'spawn')
    const paths = mappedFiles('/proc', child.pid!)
    assert.ok(paths.every((path) => path.startsWith('/')) && new Set(paths).size === paths.length)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
