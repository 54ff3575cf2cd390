import { nearest } from '@quadrant/core'
import { usageError } from '../cli-error.ts'
import type { NoFlags } from '../command/with-context.ts'
import type { Context } from '../context.ts'
import { EXPLANATIONS, findExplanation } from './explanations.ts'

export function runExplain(context: Context, _flags: NoFlags, code?: string): void {
  if (code === undefined) {
    const width = Math.max(...[...EXPLANATIONS.keys()].map((key) => key.length))
    for (const [key, { title }] of EXPLANATIONS) context.stdout.write(`${key.padEnd(width)}  ${title}\n`)
    return
  }
  const found = findExplanation(code)
  if (!found) {
    const near = nearest(
      code.toLowerCase(),
      [...EXPLANATIONS.keys()].map((one) => one.toLowerCase()),
    )
    throw usageError(
      `\`${code}\` is no code that can be explained`,
      near ? `did you mean ${findExplanation(near)![0]}?` : 'quadrant explain lists all',
    )
  }
  const [key, { title, text }] = found
  context.stdout.write(`${context.paint('bold', key)}: ${title}\n\n${text}\n`)
}
