import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

/** It says that it attaches, not that it has. */
const ATTACH_MS = 1500

/** What tcplife and tcptop of bpftrace's tools show, on tracepoints: states, and bytes by process for each message. */
const SCRIPT = `
tracepoint:sock:inet_sock_set_state { @states[args->newstate] = count(); }
tracepoint:sock:sock_send_length { @sent[pid] = sum(args->ret); }
tracepoint:sock:sock_recv_length { @received[pid] = sum(args->ret); }
`

export interface Bpftrace extends AsyncDisposable {
  readonly pid: number
}

/** Starts the script; undefined where bpftrace is missing or this kernel refuses it. */
export async function startBpftrace(): Promise<Bpftrace | undefined> {
  if (spawnSync('bpftrace', ['--version']).status !== 0) return undefined
  const child = spawn('bpftrace', ['-e', SCRIPT], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const ended = exited.then(() => true)
  await Promise.race([once(child.stdout, 'data'), ended])
  if (await Promise.race([ended, pause(ATTACH_MS, false)])) return undefined
  child.stdout.resume()
  return {
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT')
      await exited
    },
  }
}
