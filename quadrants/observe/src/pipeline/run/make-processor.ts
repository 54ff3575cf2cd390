import type { ProcessorSpec } from '../config/spec.ts'
import type { Consumer, Processor } from '../consumer.ts'
import { attributesProcessor } from '../processor/attributes.ts'
import { batchProcessor } from '../processor/batch.ts'
import { cardinalityProcessor } from '../processor/cardinality.ts'
import { filterProcessor } from '../processor/filter.ts'
import { memoryLimiter } from '../processor/memory-limiter.ts'
import type { Signal } from '../signal.ts'
import type { ExporterParts } from './make-exporter.ts'

/** A processor of one pipeline: each pipeline has its own. */
export function makeProcessor(
  spec: ProcessorSpec,
  line: { readonly id: string; readonly signal: Signal },
  next: Consumer,
  { host, ledger: stages, held }: ExporterParts,
): Processor {
  const ledger = stages.stage(`${line.id}/processor/${spec.id}`)
  switch (spec.kind) {
    case 'batch':
      return batchProcessor(spec, { signal: line.signal, next, ledger, clock: host.clock, held })
    case 'memory_limiter':
      return memoryLimiter(spec, { next, ledger, held })
    case 'filter':
      return filterProcessor(spec[line.signal], { next, ledger })
    case 'attributes':
      return attributesProcessor(spec, { next, ledger })
    case 'cardinality':
      return cardinalityProcessor(spec, { next, ledger, clock: host.clock })
  }
}
