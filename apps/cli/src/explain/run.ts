import { nearest } from '@quadrant/core'
import { usageError } from '../cli-error.ts'
import type { NoFlags } from '../command/with-context.ts'
import type { Context } from '../context.ts'
import { EXPLANATIONS } from './explanations.ts'

export function runExplain(context: Context, _flags: NoFlags, code?: string): void {
  if (code === undefined) {
    const width = Math.max(...[...EXPLANATIONS.keys()].map((key) => key.length))
    for (const [key, { title }] of EXPLANATIONS) context.stdout.write(`${key.padEnd(width)}  ${title}\n`)
    return
  }
  const key = [...EXPLANATIONS.keys()].find((one) => one.toLowerCase() === code.toLowerCase())
  const explanation = key === undefined ? undefined : EXPLANATIONS.get(key)
  if (!explanation) {
    const near = nearest(
      code.toLowerCase(),
      [...EXPLANATIONS.keys()].map((one) => one.toLowerCase()),
    )
    const known = [...EXPLANATIONS.keys()].find((one) => one.toLowerCase() === near)
    throw usageError(
      `\`${code}\` is no code that can be explained`,
      known ? `did you mean ${known}?` : 'quadrant explain lists all',
    )
  }
  context.stdout.write(`${context.paint('bold', key!)}: ${explanation.title}\n\n${explanation.text}\n`)
}
