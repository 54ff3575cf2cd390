import { resolve } from 'node:path'
import type { ConfigReader } from '@quadrant/core/config'
import { PipelineCode } from './codes.ts'
import type { Declared } from './declared.ts'
import type { ExporterSpec, ReceiverSpec } from './spec.ts'

/** Reports components that want the same port, file or directory. */
export function findConflicts(
  reader: ConfigReader,
  receivers: ReadonlyMap<string, Declared<ReceiverSpec>>,
  exporters: ReadonlyMap<string, Declared<ExporterSpec>>,
): void {
  const owners = new Map<string, string>()
  const claim = (what: string, id: string, { place }: Declared<unknown>) => {
    const owner = owners.get(what)
    if (owner === undefined) owners.set(what, id)
    else
      reader.wrong(PipelineCode.conflict, place, `${id} and ${owner} both have ${what}`, 'give each its own')
  }
  for (const [id, declared] of receivers)
    if (declared.spec.kind === 'otlp')
      for (const address of [declared.spec.grpc, declared.spec.http])
        if (address && address.port !== 0) claim(`port ${address.port}`, id, declared)
  for (const [id, declared] of exporters) {
    const { spec } = declared
    if (spec.kind === 'prometheus' && spec.port !== 0) claim(`port ${spec.port}`, id, declared)
    else if (spec.kind === 'file') claim(`file ${resolve(spec.path)}`, id, declared)
    else if ((spec.kind === 'otlp' || spec.kind === 'otlphttp') && spec.queue.directory !== undefined)
      claim(`directory ${resolve(spec.queue.directory)}`, id, declared)
  }
}
