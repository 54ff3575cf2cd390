import assert from 'node:assert/strict'
import { watch } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { directorySource, type SourceFileSystem } from './directory-source.ts'
import type { DocumentChanges } from './document-feed.ts'

let watcherCount = 0

const fileSystem: SourceFileSystem = {
  readdir: (path) => fs.readdir(path),
  stat: (path) => fs.stat(path),
  readFile: (path) => fs.readFile(path),
  watch: (path, changed, failed) => {
    const watcher = watch(path, changed).on('error', failed)
    watcherCount++
    watcher.once('close', () => watcherCount--)
    return watcher
  },
}

async function follow(context: TestContext, files = fileSystem, filesMax = 100) {
  const root = await fs.mkdtemp(join(tmpdir(), 'quadrant-source-'))
  const controller = new AbortController()
  context.after(async () => {
    controller.abort()
    await fs.rm(root, { recursive: true })
  })
  const texts = new Map<string, string>()
  let last: DocumentChanges | undefined
  const start = () => {
    const source = directorySource(root, {
      fileSystem: files,
      signal: controller.signal,
      debounceMs: 5,
      filesMax,
    })
    const iterator = source[Symbol.asyncIterator]()
    const until = async (isDone: (texts: ReadonlyMap<string, string>, last: DocumentChanges) => boolean) => {
      for (;;) {
        if (last && isDone(texts, last)) return
        const { done, value } = await iterator.next()
        if (done) throw new Error('the source has ended')
        last = value
        for (const [name, text] of value.documents)
          if (text === undefined) texts.delete(name)
          else texts.set(name, text)
      }
    }
    return { until, iterator }
  }
  return { root, texts, controller, start, last: () => last }
}

test('files that come, change, are replaced and go', { timeout: 10_000 }, async (context) => {
  const { root, texts, start, controller } = await follow(context)
  await fs.writeFile(join(root, 'a.yaml'), 'one')
  await fs.writeFile(join(root, 'readme.md'), 'no policy')
  const { until, iterator } = start()
  await until((_, { isSynced }) => isSynced)
  assert.deepEqual([...texts], [['a.yaml', 'one']])
  await fs.writeFile(join(root, '.new'), 'two')
  await fs.rename(join(root, '.new'), join(root, 'a.yaml'))
  await until(() => texts.get('a.yaml') === 'two')
  await fs.mkdir(join(root, 'team'))
  await fs.writeFile(join(root, 'team', 'b.json'), '{}')
  await until(() => texts.get('team/b.json') === '{}')
  await fs.writeFile(join(root, 'team', 'b.json'), '[]')
  await until(() => texts.get('team/b.json') === '[]')
  await fs.rm(join(root, 'team'), { recursive: true })
  await until(() => texts.size === 1)
  await fs.rm(join(root, 'a.yaml'))
  await until(() => texts.size === 0)
  controller.abort()
  assert.equal((await iterator.next()).done, true)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(watcherCount, 0)
})

test('a mounted ConfigMap, whose link is swapped', { timeout: 10_000 }, async (context) => {
  const { root, texts, start } = await follow(context)
  const put = async (version: string, text: string) => {
    await fs.mkdir(join(root, version))
    await fs.writeFile(join(root, version, 'a.yaml'), text)
    await fs.symlink(version, join(root, '..data_tmp'))
    await fs.rename(join(root, '..data_tmp'), join(root, '..data'))
  }
  await put('..1', 'one')
  await fs.symlink('..data/a.yaml', join(root, 'a.yaml'))
  const { until } = start()
  await until(() => texts.get('a.yaml') === 'one')
  await put('..2', 'two')
  await until(() => texts.get('a.yaml') === 'two')
  assert.deepEqual([...texts.keys()], ['a.yaml'])
})

test('what cannot be read keeps what it had, with a problem', { timeout: 10_000 }, async (context) => {
  let isBroken = false
  const { root, texts, start, last } = await follow(context, {
    ...fileSystem,
    readFile: async (path) => {
      if (isBroken) throw new Error('I/O error')
      return await fs.readFile(path)
    },
  })
  await fs.writeFile(join(root, 'a.yaml'), 'one')
  const { until } = start()
  await until(() => texts.size === 1)
  isBroken = true
  await fs.writeFile(join(root, 'a.yaml'), 'three')
  await until((_, { problems }) => problems.has('a.yaml'))
  assert.equal(texts.get('a.yaml'), 'one')
  assert.equal(last()?.problems.get('a.yaml'), 'I/O error')
  isBroken = false
  await fs.writeFile(join(root, 'a.yaml'), Buffer.from([0xff]))
  await until((_, { problems }) => problems.get('a.yaml')?.includes('encoded data') === true)
  await fs.writeFile(join(root, 'a.yaml'), 'fine')
  await until((_, { problems }) => problems.size === 0)
  assert.equal(texts.get('a.yaml'), 'fine')
})

test('more files than are read are a problem', { timeout: 10_000 }, async (context) => {
  const { root, texts, start, last } = await follow(context, fileSystem, 1)
  await fs.writeFile(join(root, 'a.yaml'), 'one')
  await fs.writeFile(join(root, 'b.yaml'), 'two')
  await start().until((_, { isSynced }) => isSynced)
  assert.deepEqual([...texts.keys()], ['a.yaml'])
  assert.match(last()?.problems.get('b.yaml') ?? '', /at most 1 files/)
})
