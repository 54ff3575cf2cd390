import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const MODULE = new URL('./end-with-parent.ts', import.meta.url).href

/** A process that loads the module, then runs a program; its standard input is held open by us. */
function start(program: string) {
  const child = spawn(process.execPath, ['--import', MODULE, '--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return { child, exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> }
}

test('a process ends with the pipe on its standard input', async () => {
  const { child, exited } = start('console.log("ready"); setInterval(() => {}, 1000)')
  await once(child.stdout, 'data')
  child.stdin.end()
  assert.deepEqual(await exited, [null, 'SIGTERM'])
})

test('a thread of it, which has no standard input, does not end it', async () => {
  const { child, exited } = start(`
    import { once } from 'node:events'
    import { Worker } from 'node:worker_threads'
    await once(new Worker('setTimeout(() => {}, 200)', { eval: true }), 'exit')
    process.exit(7)`)
  assert.deepEqual(await exited, [7, null])
  child.stdin.end()
})
