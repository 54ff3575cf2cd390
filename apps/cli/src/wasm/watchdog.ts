// Runs in a thread of its own: a guest that computes without a pause holds the main thread, and its timers with it.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const { ms, message } = workerData as { readonly ms: number; readonly message: string }

setTimeout(() => {
  writeSync(2, `${message}\n`)
  process.kill(process.pid, 'SIGKILL')
}, ms)
