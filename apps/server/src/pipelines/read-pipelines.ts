import { readFileSync } from 'node:fs'
import { formatDiagnostic } from '@quadrant/core'
import { loadPipelineCheck, type PipelineSpec } from '@quadrant/observe'
import { ServerError } from '../error.ts'

/** A pipeline file and the certificates it names, read while we still may. */
export interface PipelineFile {
  readonly spec: PipelineSpec
  readonly certificates: ReadonlyMap<string, Buffer>
  /** Warnings, each with its source line. */
  readonly warnings: readonly string[]
}

/** @throws {ServerError} `argument` with every mistake and its place */
export async function readPipelines(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PipelineFile> {
  const check = await loadPipelineCheck()
  const source = readOrRefuse(path).toString('utf8')
  const { value: spec, diagnostics } = check(source, { file: path, environment })
  const texts = (severity: 'error' | 'warning') =>
    diagnostics
      .filter((diagnostic) => diagnostic.severity === severity)
      .map((diagnostic) => formatDiagnostic(diagnostic, source))
  if (!spec)
    throw new ServerError('argument', `${path} cannot be run:\n${texts('error').join('\n')}`, {
      fix: `quadrant pipeline check ${path}`,
    })
  const certificates = new Map<string, Buffer>()
  for (const file of certificateFiles(spec)) certificates.set(file, readOrRefuse(file))
  return { spec, certificates, warnings: texts('warning') }
}

function certificateFiles({ receivers, exporters }: PipelineSpec): string[] {
  const settings = [
    ...receivers.flatMap((receiver) =>
      receiver.kind === 'otlp' ? [receiver.grpc?.tls, receiver.http?.tls] : [],
    ),
    ...exporters.map((exporter) => (exporter.kind === 'file' ? undefined : exporter.tls)),
  ]
  return settings.flatMap((tls) => [tls?.ca, tls?.cert, tls?.key].filter((file) => file !== undefined))
}

function readOrRefuse(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ServerError('argument', `${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
