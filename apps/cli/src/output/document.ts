import { writeFileSync } from 'node:fs'
import { formatBytes } from '@quadrant/core'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'

/** Writes a document to stdout, or to a file where one is named. @throws CliError QDR-C015 where it cannot be written */
export function writeDocument(
  context: Context,
  content: string | Uint8Array,
  file: string | undefined,
): void {
  if (file === undefined || file === '-') {
    context.stdout.write(content)
    return
  }
  try {
    writeFileSync(file, content)
  } catch (cause) {
    throw new CliError('QDR-C015', `${file} cannot be written: ${(cause as Error).message}`, {
      fix: 'give another --file',
      cause,
    })
  }
  note(context, `${file}: ${formatBytes(Buffer.byteLength(content))} written`)
}
