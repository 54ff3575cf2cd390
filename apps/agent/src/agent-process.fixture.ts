import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, 'main.ts')

/** A real agent, started as `up` starts it. What it logs is kept. */
export class AgentProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly log: Record<string, unknown>[] = []
  errorText = ''

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    let rest = ''
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errorText += text
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines)
        if (line.startsWith('{')) this.log.push(JSON.parse(line) as Record<string, unknown>)
    })
  }

  get pid(): number {
    return this.child.pid!
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  logged(message: string): Record<string, unknown> | undefined {
    return this.log.find(({ msg }) => msg === message)
  }

  /** Exit code, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    if (this.isAlive) await once(this.child, 'exit')
    return this.child.exitCode ?? this.child.signalCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isAlive) this.child.kill('SIGKILL')
    await this.ended()
  }
}

/** Sockets of the process that listen, by the kernel's own tables: TCP in state LISTEN, unix with SO_ACCEPTCON. */
export function listeningSockets(pid: number): string[] {
  const inodes = new Set<string>()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
      if (inode) inodes.add(inode)
    } catch {
      // Closed since the listing.
    }
  }
  const rows = (table: string) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
  const TCP_LISTEN = '0A'
  const SO_ACCEPTCON = 0x10000
  return [
    ...['tcp', 'tcp6'].flatMap((table) =>
      rows(table).filter((row) => row[3] === TCP_LISTEN && inodes.has(row[9] ?? '')),
    ),
    ...rows('unix').filter(
      (row) => Number.parseInt(row[3] ?? '0', 16) & SO_ACCEPTCON && inodes.has(row[6] ?? ''),
    ),
  ].map((row) => row.join(' '))
}
