import { run } from '@stricli/core'
import { application } from './app.ts'
import { ExitCode } from './cli-error.ts'
import { processContext } from './context.ts'
import { joinNegations } from './observe/negation.ts'

const interruption = new AbortController()
const context = processContext(process, {
  signal: interruption.signal,
  inTree: !import.meta.url.includes('/node_modules/'),
})

// A reader that has seen enough (`| head`) is success, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  context.process.exitCode ??= ExitCode.ok
  interruption.abort()
  setImmediate(() => process.exit(context.process.exitCode))
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const [command, ...rest] = process.argv.slice(2)
// A guest may compute without a pause, and then no handler would run: the signal itself is to end it.
// And `up` and `gateway` have something to end in good order.
if (command !== 'up' && command !== 'wasm' && command !== 'gateway') {
  process.on('SIGINT', () => {
    context.process.exitCode = ExitCode.interrupted
    interruption.abort()
    // What waits for nothing that can be aborted ends here.
    setTimeout(() => process.exit(ExitCode.interrupted), 500).unref()
  })
}

if (command === '__complete') {
  const { proposeWords } = await import('./completion/propose.ts')
  process.stdout.write(await proposeWords(rest, context))
} else {
  const inputs =
    command === undefined ? [] : [command, ...(command === 'observe' ? joinNegations(rest) : rest)]
  await run(application, inputs, context)
}
process.exitCode = exitCode(context.process.exitCode)

/** stricli's own failures are negative: -4 and -5 are mistakes in the command line. */
function exitCode(code: number | undefined): number {
  if (code === undefined) return ExitCode.ok
  if (code >= 0) return code
  return code === -4 || code === -5 ? ExitCode.usage : ExitCode.failure
}
