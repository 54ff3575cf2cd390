// Confines itself as the agent does, then prints what it is.
import { readFileSync } from 'node:fs'
import { readCapabilities } from '@quadrant/ebpf'
import { confineAndRestart } from './confine.ts'

const [data = '', source, isConfined] = process.argv.slice(2)
if (isConfined) {
  const { CapInh, CapAmb } = Object.fromEntries(
    readFileSync('/proc/self/status', 'latin1')
      .split('\n')
      .map((line) => line.split(/:\s*/) as [string, string]),
  )
  process.stdout.write(
    JSON.stringify({
      ...readCapabilities(),
      inheritable: CapInh,
      ambient: CapAmb,
      environment: process.env,
      pid: process.pid,
    }),
  )
} else {
  await confineAndRestart({
    source: source === 'proc' ? 'proc' : 'auto',
    data,
    script: import.meta.filename,
    argv: [data, String(source), 'confined'],
    environment: process.env,
    openLog: async () => ({
      info() {},
      error() {},
      fatal() {},
      warn: (fields: unknown) => process.stderr.write(`${JSON.stringify(fields)}\n`),
    }),
  })
}
