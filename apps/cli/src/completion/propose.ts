import { proposeCompletions } from '@stricli/core'
import { application } from '../app.ts'
import { connectServer } from '../client/connect.ts'
import type { Context } from '../context.ts'
import { CLOSED_VALUES } from '../observe/filter.ts'
import type { FilterFlag } from '../observe/negation.ts'
import { printable } from '../output/printable.ts'
import { liveServices, liveTargets } from './live-values.ts'

const NAMES = new Set<FilterFlag>(['from', 'to', 'svc'])

/** Proposals for the last of these words: one a line, a tab, what it means. */
export async function proposeWords(words: readonly string[], context: Context): Promise<string> {
  const proposals = await proposeCompletions(application, words.length === 0 ? [''] : words, context)
  return proposals
    .map(({ completion, brief }) => `${printable(completion)}\t${printable(brief.split('\n', 1)[0] ?? '')}\n`)
    .join('')
}

/** Values of a filter that begin so: closed lists, or services that the server knows now. */
export async function proposeFilterValues(
  flag: FilterFlag,
  partial: string,
  context: Context,
): Promise<readonly string[]> {
  const values = CLOSED_VALUES[flag] ?? (NAMES.has(flag) ? await services(context) : [])
  return values.filter((value) => value.startsWith(partial.toLowerCase()))
}

/** Services that begin so, or ids of processes where a digit was typed. */
export async function proposeTargets(partial: string, context: Context): Promise<readonly string[]> {
  try {
    const { services, pids } = await liveTargets(connectServer(context, undefined), context.signal)
    const names = /^\d/.test(partial) ? [...services, ...pids] : services
    return names.filter((name) => name.startsWith(partial))
  } catch {
    return []
  }
}

/** Sampling rules that begin so. */
export async function proposeRules(partial: string, context: Context): Promise<readonly string[]> {
  try {
    const { client } = connectServer(context, undefined)
    const { requests } = await client.getRequestInstruction({}, { signal: context.signal, timeoutMs: 1000 })
    return (requests?.samplingRules ?? []).map(({ id }) => id).filter((id) => id.startsWith(partial))
  } catch {
    return []
  }
}

async function services(context: Context): Promise<readonly string[]> {
  try {
    return await liveServices(connectServer(context, undefined), context.signal)
  } catch {
    // No server: a shell's completion is no place for an error.
    return []
  }
}
