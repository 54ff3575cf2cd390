import { create } from '@bufbuild/protobuf'
import { checkHost } from '@quadrant/observe'
import {
  CheckSchema,
  CheckStatus,
  HostCapabilitiesSchema,
  type Check,
  type HostCapabilities,
} from '@quadrant/proto'
import { CliError, ExitCode } from '../cli-error.ts'
import { connectServer } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { doctorText } from './doctor-text.ts'

export interface DoctorFlags {
  readonly output: 'table' | 'json'
  readonly data?: string
}

/** Categories that say whether this host can run the eBPF source; the others are about what runs on it. */
const HOST_CATEGORIES = new Set(['kernel', 'privilege', 'host'])

export async function runDoctor(context: Context, flags: DoctorFlags): Promise<void> {
  const host = checkHost()
  const running = await runningChecks(context, flags.data)
  const report: HostCapabilities = { ...host, checks: [...host.checks, ...running] }
  const cannot = host.checks.some(
    (check) => HOST_CATEGORIES.has(check.category) && check.status === CheckStatus.FATAL,
  )
  context.stdout.write(
    flags.output === 'json'
      ? jsonDocument(jsonEncoder(HostCapabilitiesSchema)(report))
      : doctorText(report, context.paint),
  )
  if (!cannot) return
  context.process.exitCode = ExitCode.hostCannot
  note(
    context,
    host.root
      ? 'this host cannot run the eBPF source; the /proc source works and says what it cannot see'
      : `without root only the /proc source works; for every check: sudo ${context.command} doctor`,
  )
}

/** What a running server says of itself and its agents; one skipped check where there is none. */
async function runningChecks(context: Context, dataFlag: string | undefined): Promise<readonly Check[]> {
  try {
    const server = connectServer(context, dataFlag)
    const { checks } = await server.client.runDoctor({}, { signal: context.signal, timeoutMs: 5000 })
    // The agent's own view of the host repeats what was just tried here.
    return checks.filter((check) => !HOST_CATEGORIES.has(check.category))
  } catch (error) {
    const known = error instanceof CliError
    return [
      create(CheckSchema, {
        id: 'server.running',
        category: 'server',
        title: 'a server answers',
        status: known ? CheckStatus.SKIPPED : CheckStatus.WARNING,
        detail: error instanceof Error ? error.message : String(error),
        costIfMissing: 'nothing is observed and nothing can be asked',
        fix: known && error.fix ? error.fix : `sudo ${context.command} up`,
      }),
    ]
  }
}
