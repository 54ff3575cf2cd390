import { createReadStream } from 'node:fs'
import { CliError } from './cli-error.ts'
import type { Context } from './context.ts'

/** How a file is called in messages; `-` is stdin. */
export function sourceName(path: string): string {
  return path === '-' ? 'stdin' : path
}

/**
 * The text of a file, or little more than its first `lengthMax` characters.
 * @throws {CliError} QDR-C013 where it cannot be read
 */
export async function readSource(path: string, lengthMax: number, context: Context): Promise<string> {
  let text = ''
  try {
    const input = path === '-' ? context.stdin : createReadStream(path)
    input.setEncoding('utf8')
    for await (const part of input) {
      text += part as string
      if (text.length > lengthMax) break
    }
  } catch (cause) {
    throw new CliError('QDR-C013', `${sourceName(path)} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
  return text
}
