import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockDirectory } from './lock.ts'

test('a lock is one process’s, names its holder, and is gone with it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'quadrant-agent-lock-'))
  const script = `import { lockDirectory } from ${JSON.stringify(import.meta.resolve('./lock.ts'))}
    globalThis.lock = await lockDirectory(${JSON.stringify(directory)})
    console.log('locked'); setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(holder.stdout, 'data')
    await assert.rejects(lockDirectory(directory), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'locked')
      assert.match(error.message, new RegExp(`process ${holder.pid}\\b`))
      return true
    })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const lock = await lockDirectory(directory)
    lock[Symbol.dispose]()
    ;(await lockDirectory(directory))[Symbol.dispose]()
  } finally {
    holder.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  }
})
