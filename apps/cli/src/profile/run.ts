import { ProfileWindowSchema, isRuntimeLoss, type DropCount, type GetProfileResponse } from '@quadrant/proto'
import { create } from '@bufbuild/protobuf'
import { CliError, usageError } from '../cli-error.ts'
import { callError, connectServer } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { writeDocument } from '../output/document.ts'
import { dropText } from '../output/drop-text.ts'
import { readRange, type MomentFlags } from '../output/moment-range.ts'
import { formatClock } from '../output/time.ts'
import { ofTarget, parseTarget } from '../target/target.ts'
import type { ProfileForm } from './form-names.ts'
import { profileForm } from './forms.ts'
import type { ProfileTimes } from './pprof-profile.ts'
import { recordProfile } from './record.ts'
import type { SAMPLE_KINDS } from './sample-kind.ts'
import { readStacks } from './stacks.ts'
import { profileSummary } from './summary.ts'

export interface ProfileFlags extends MomentFlags {
  /** Seconds to record. */
  readonly for?: number
  readonly hz?: number
  readonly kind?: readonly (typeof SAMPLE_KINDS)[number][]
  readonly rows?: number
  readonly output: ProfileForm
  readonly file?: string
  readonly data?: string
}

/** Without a flag that names a time. */
const RANGE_MS_DEFAULT = 60_000
/** Title, a line for what is left out, and the summary. */
const LINES_AROUND = 5

export async function runProfile(context: Context, flags: ProfileFlags, targetText?: string): Promise<void> {
  const target = parseTarget(targetText)
  const toStdout = flags.file === undefined || flags.file === '-'
  checkFlags(flags, { isTerminal: toStdout && context.stdout.isTTY, target, context })
  let times = rangeAsked(flags, context.now())
  const server = connectServer(context, flags.data)
  let response: GetProfileResponse
  try {
    if (flags.for !== undefined) {
      const recorded = await recordProfile(
        server,
        { seconds: flags.for, frequencyHz: flags.hz ?? 0 },
        context,
      )
      if (!recorded) return
      times = recorded
    }
    response = await server.client.getProfile(
      {
        subject: target,
        range: times,
        kinds: [...(flags.kind ?? [])],
        // Speedscope shows the order of time too.
        timeOrder: flags.output === 'speedscope',
      },
      { signal: context.signal, timeoutMs: 60_000 },
    )
  } catch (error) {
    if (context.signal.aborted) return
    throw callError(error, server, context)
  }
  const answered = response.range ?? times
  const stacks = readStacks(response.profile ?? create(ProfileWindowSchema), response.processes)
  const summary = profileSummary(stacks, answered.endNs - answered.startNs)
  const title = target === '' ? 'all processes' : target
  const isEmpty = stacks.samples.length === 0
  writeDocument(
    context,
    profileForm(
      stacks,
      response,
      {
        form: flags.output,
        title,
        lines: [
          `${formatClock(answered.startNs / 1e6, context.now())} to ${formatClock(answered.endNs / 1e6, context.now())}`,
          summary,
        ],
        times: answered,
        rows: flags.rows ?? (toStdout && context.stdout.isTTY ? fittingRows(context) : undefined),
        isShown: toStdout,
      },
      context,
    ),
    flags.file,
  )
  tellLosses(response, stacks.unreadable, context)
  note(
    context,
    isEmpty ? `no samples${ofTarget(target)} in that time; ${whatWouldFill(flags, context)}` : summary,
  )
}

function rangeAsked(flags: ProfileFlags, nowMs: number): ProfileTimes {
  const { startMs, endMs = nowMs } = readRange(flags, nowMs)
  if (startMs !== undefined && startMs >= endMs) throw usageError('--since is in the future')
  return { startNs: (startMs ?? endMs - RANGE_MS_DEFAULT) * 1e6, endNs: endMs * 1e6 }
}

/** @throws CliError QDR-C012 where flags contradict each other, QDR-C014 where a terminal would get bytes */
function checkFlags(
  flags: ProfileFlags,
  { isTerminal, target, context }: { isTerminal: boolean; target: string; context: Context },
): void {
  if (flags.for !== undefined && (flags.since !== undefined || flags.until !== undefined))
    throw usageError('--for records from now on, --since and --until name the past', 'give one of them')
  if (flags.hz !== undefined && flags.for === undefined)
    throw usageError('--hz is the rate of a recording', 'give --for too: --for 10s')
  if (flags.output === 'pprof' && isTerminal)
    throw new CliError('QDR-C014', 'pprof is a file of bytes, and stdout is a terminal', {
      fix: `${context.command} profile${target === '' ? '' : ` ${target}`} -o pprof --file ${fileName(target)}`,
    })
}

function fileName(target: string): string {
  const name = target.replace(/^(?:svc|proc):/, '').replaceAll(/[^\w.-]+/g, '-')
  return `${name === '' ? 'profile' : name}.pb.gz`
}

function fittingRows(context: Context): number {
  return Math.max(1, (context.stdout.rows ?? 24) - LINES_AROUND)
}

function tellLosses(response: GetProfileResponse, unreadable: number, context: Context): void {
  // The server tells all that was lost in that time; flows are no part of this.
  for (const drop of response.drops)
    if (drop.count > 0 && isProfileLoss(drop)) note(context, `note: ${dropText(drop)}`)
  if (response.windowsOmitted > 0)
    note(
      context,
      `note: ${response.windowsOmitted} of ${response.windows} windows of samples are left out, they are more than one answer holds; a shorter range has all`,
    )
  if (unreadable > 0) note(context, `note: ${unreadable} samples have a stack that makes no sense; left out`)
}

/** Of what is lost of runtimes: samples, and not collections or figures. */
function isProfileLoss(drop: DropCount): boolean {
  return isRuntimeLoss(drop) && /profile/.test(`${drop.stage} ${drop.reason}`)
}

function whatWouldFill({ for: seconds, since }: ProfileFlags, { command }: Context): string {
  if (seconds !== undefined) return `it took no processor time, or no agent samples it: see ${command} status`
  return since === undefined ? 'another --since looks further back, --for 10s records' : '--for 10s records'
}
