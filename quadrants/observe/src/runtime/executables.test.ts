import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bytesSource } from '@quadrant/golang'
import { exeKey, openExe, type ExeFile } from './exe-file.ts'
import type { ReadExe } from './exe-order.ts'
import { Executables } from './executables.ts'
import { readExe } from './read-exe.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-executables-'))
after(() => rmSync(folder, { recursive: true }))

/** A file that says who it is by its content alone. */
function fileOf(key: string, content: string): ExeFile {
  const source = bytesSource(Buffer.from(content))
  return { fd: -1, key, path: `/bin/${key}`, source, [Symbol.dispose]: () => undefined }
}

/** What the thread answers. */
function readOf({ source, path }: ExeFile): ReadExe {
  const answer = readExe(source, { path, knownId: undefined })
  assert.ok('exe' in answer && answer.exe !== undefined)
  return answer.exe
}

const find = (executables: Executables, file: ExeFile) => executables.find(file.key, readOf(file).identity.id)

const readInto = (executables: Executables, file: ExeFile) => {
  const executable = executables.add(file, readOf(file), () => [])
  assert.ok(typeof executable === 'object')
  return executable
}

test('an executable is read once, and anew when it says that it is another', () => {
  const executables = new Executables()
  const first = readInto(executables, fileOf('a', 'one'))
  assert.equal(find(executables, fileOf('a', 'one')), first)
  assert.equal(find(executables, fileOf('b', 'one')), undefined)
  assert.equal(executables.readCount, 1)
  // The same device, inode, size and time, as whoever rewrites a file can have them.
  assert.equal(find(executables, fileOf('a', 'two')), undefined)
  const second = readInto(executables, fileOf('a', 'two'))
  assert.notEqual(second.build.id, first.build.id)
  assert.equal(find(executables, fileOf('a', 'two')), second)
  assert.deepEqual([executables.count, executables.bytes], [1, second.bytes])
})

test('there are bounds, and what nobody runs goes first', () => {
  const executables = new Executables({ executables: 3 })
  for (const name of ['a', 'b', 'c']) readInto(executables, fileOf(name, name)).users++
  assert.equal(
    executables.add(fileOf('d', 'd'), readOf(fileOf('d', 'd')), () => []),
    'limit',
  )
  find(executables, fileOf('b', 'b'))!.users--
  assert.equal(readInto(executables, fileOf('d', 'd')).build.exe, '/bin/d')
  assert.equal(find(executables, fileOf('b', 'b')), undefined)
  assert.ok(find(executables, fileOf('a', 'a')))
  const small = new Executables({ bytes: 5000 })
  for (const name of ['a', 'b', 'c', 'd']) readInto(small, fileOf(name, name))
  assert.ok(small.bytes <= 5000 && small.count === 2)
})

test('what is no Go program waits until its libraries are known', () => {
  const executables = new Executables()
  const file = fileOf('a', 'a')
  assert.equal(executables.isOther('a'), false)
  assert.equal(executables.add(file, readOf(file), undefined), 'unsettled')
  // It is not read each time that somebody begins to run it.
  assert.ok(executables.isOther('a'))
  assert.deepEqual([executables.count, executables.readCount], [0, 1])
})

test('the file of a process is open when its path is gone, and told from the one that takes its place', async () => {
  const path = join(folder, 'sleeper')
  copyFileSync('/bin/sleep', path)
  const child = spawn(path, ['60'])
  try {
    await once(child, 'spawn')
    const key = exeKey('/proc', child.pid!)
    rmSync(path)
    copyFileSync('/bin/true', path)
    assert.equal(exeKey('/proc', child.pid!), key)
    const file = openExe('/proc', child.pid!)
    assert.ok(typeof file === 'object')
    using _file = file
    assert.deepEqual([file.key, file.path], [key, path])
    assert.equal(Buffer.from(file.source.read(0, 4)).toString('latin1'), '\x7fELF')
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  assert.equal(openExe('/proc', child.pid!), 'none')
  // Of a thread of the kernel.
  assert.equal(openExe('/proc', 2), 'none')
})
