import { findModuleText } from '@quadrant/golang'
import { inspectModule, WasmError, type ModuleReport } from '@quadrant/wasm'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { jsonDocument, type JsonValue } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { inspectText } from './inspect-text.ts'
import { readProgram } from './program-file.ts'

export interface WasmInspectFlags {
  readonly output: 'table' | 'json'
}

/** `quadrant wasm inspect`. @throws {CliError} QDR-C013 where it cannot be read, QDR-C018 for what is no module */
export async function runInspect(context: Context, flags: WasmInspectFlags, file: string): Promise<void> {
  const bytes = await readProgram(file)
  let report: ModuleReport
  try {
    report = inspectModule(bytes)
  } catch (cause) {
    if (!(cause instanceof WasmError)) throw cause
    throw new CliError('QDR-C018', `${file} is no module: ${printable(cause.message)}`, { cause })
  }
  const go = findModuleText(bytes).value
  context.stdout.write(
    flags.output === 'json'
      ? jsonDocument(JSON.parse(JSON.stringify(go === undefined ? report : { ...report, go })) as JsonValue)
      : inspectText(report, go, context.paint),
  )
}
