// Loaded into a child before its own program: when the pipe on its stdin ends, whoever held the other end is gone,
// killed without a chance to say so, and the child ends as by SIGTERM.
import type { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

// Threads load what their process was started with, too, and have a stdin that has ended before it begins.
if (isMainThread) endWithParent()

function endWithParent(): void {
  // We are started with --disable-sigusr1, and without a handler the signal would be the end.
  process.on('SIGUSR1', () => {})

  const end = () => process.kill(process.pid, 'SIGTERM')
  process.stdin.on('end', end)
  process.stdin.on('error', end)
  process.stdin.resume()
  // To listen is no reason to live on.
  ;(process.stdin as unknown as Socket).unref?.()
}
