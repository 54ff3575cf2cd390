import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Diagnostic, formatDiagnostic } from '@quadrant/core'
import { loadPipelineCheck } from '@quadrant/observe'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'

/** How loaders and interpreters are steered: never handed on to the server, whatever a file says. */
const STEERING = /^(?:NODE_|LD_|DYLD_)/

/**
 * Names of the variables that a pipeline file takes from the environment: the server gets these and no others. A file
 * that cannot be run is told now rather than by a server that does not start.
 * @throws {CliError} QDR-C013 where it cannot be read, QDR-C017 where it cannot be run
 */
export async function pipelineVariables(path: string, context: Context): Promise<string[]> {
  let source: string
  try {
    source = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CliError('QDR-C013', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  const check = await loadPipelineCheck()
  const { value, diagnostics } = check(source, { file: path, environment: context.env })
  if (!value) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    const text = errors.map((one: Diagnostic) => formatDiagnostic(one, source)).join('\n')
    throw new CliError('QDR-C017', `the pipeline file cannot be run\n${text}`, {
      fix: `${context.command} pipeline check ${resolve(path)}`,
    })
  }
  const names = [...source.matchAll(/\$\{(?:env:)?([A-Za-z_]\w*)/g)].map(([, name]) => name!)
  return [...new Set(names)].filter((name) => !STEERING.test(name))
}
