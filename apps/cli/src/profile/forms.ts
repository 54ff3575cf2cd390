import { encodeProfile } from '@quadrant/golang'
import { GetProfileResponseSchema, type GetProfileResponse } from '@quadrant/proto'
import type { Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { printableJson } from '../output/printable.ts'
import { table } from '../output/table.ts'
import { flameSvg } from './flame-svg.ts'
import type { ProfileForm } from './form-names.ts'
import { foldedStacks } from './folded.ts'
import { pprofProfile, type ProfileTimes } from './pprof-profile.ts'
import { speedscopeFile } from './speedscope.ts'
import type { Stacks } from './stacks.ts'
import { functionColumns, topFunctions } from './top-functions.ts'

export interface FormOptions {
  readonly form: ProfileForm
  /** Whose it is. */
  readonly title: string
  /** Lines under a picture's title: when, how often. */
  readonly lines: readonly string[]
  readonly times: ProfileTimes
  /** Most rows of the table; undefined: all. */
  readonly rows: number | undefined
  /** It is for the terminal, and not for a file. */
  readonly isShown: boolean
}

/** A profile in the form asked for. `pprof` is bytes. */
export function profileForm(
  stacks: Stacks,
  response: GetProfileResponse,
  options: FormOptions,
  context: Context,
): string | Uint8Array {
  switch (options.form) {
    case 'table':
      return functionTable(stacks, options, context)
    case 'svg':
      return flameSvg(stacks, options)
    case 'pprof':
      return encodeProfile(pprofProfile(stacks, options.times))
    case 'speedscope':
      return `${printableJson(JSON.stringify(speedscopeFile(stacks, options.title)))}\n`
    case 'folded':
      return foldedStacks(stacks)
    case 'json':
      return jsonDocument(jsonEncoder(GetProfileResponseSchema)(response))
  }
}

function functionTable(stacks: Stacks, { rows: limit, isShown }: FormOptions, context: Context): string {
  const total = stacks.samples.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return ''
  const all = topFunctions(stacks)
  const shown = limit === undefined ? all : all.slice(0, limit)
  const columns = isShown ? context.stdout.columns : undefined
  const text = table(
    functionColumns({ total, frequencyHz: stacks.frequencyHz, isShort: columns !== undefined }),
    shown,
    { paint: isShown ? context.paint : (_colour, text) => text, columns },
  )
  return all.length > shown.length ? `${text}… ${all.length - shown.length} more\n` : text
}
