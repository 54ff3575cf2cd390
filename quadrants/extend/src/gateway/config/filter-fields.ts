import {
  about,
  bytes,
  duration,
  type Field,
  json,
  list,
  mapped,
  number,
  object,
  oneOf,
  optional,
  text,
  texts,
  withDefault,
} from '@quadrant/core/config'
import { SIGNATURES_MAX } from '../../delivery/signers.ts'
import { onlyOne } from './choice.ts'
import { GatewayCode } from './codes.ts'
import {
  FILTER_CAPABILITIES,
  type FilterModuleSource,
  type FilterSpec,
  type SigningSpec,
} from './filter-spec.ts'
import { nameField, textLike, unlimited } from './value-fields.ts'

const MIB = 1 << 20

const moduleSource: Field<FilterModuleSource> = mapped(
  object('module', {
    file: about('A path.', optional(text)),
    digest: about(
      '`wasm:sha256:…` of one that is delivered under the name of the filter: no other is taken.',
      optional(
        textLike(
          '`wasm:sha256:` and 64 digits',
          /^wasm:sha256:[0-9a-f]{64}$/,
          `wasm:sha256:${'0'.repeat(64)}`,
        ),
      ),
    ),
    delivered: about('A name: whichever version was delivered last.', optional(nameField)),
    keys: about(
      'Names of those `trusted_keys` that may sign it. Default: all. With fewer, it may share data only with filters of its own name or of the `vm_id` here.',
      optional(list(nameField)),
    ),
    signatures: about(
      'How many of the keys have to have signed it. Default: as `delivery` has it.',
      optional(number({ default: 1, min: 1, max: SIGNATURES_MAX })),
    ),
  }),
  (read, reader, place) => {
    const signing: SigningSpec = { keys: read.keys, signaturesMin: read.signatures }
    switch (onlyOne(reader, place, 'module', read, ['file', 'digest', 'delivered'])) {
      case 'digest':
        return { kind: 'digest', digest: (read.digest ?? '').slice('wasm:'.length), signing }
      case 'delivered':
        return { kind: 'delivered', name: read.delivered ?? '', signing }
      case 'file':
        for (const key of ['keys', 'signatures'] as const)
          if (read[key] !== undefined)
            reader.wrong(
              GatewayCode.contradiction,
              reader.recall(read, key) ?? place,
              'nobody signs a module that is a file',
              `remove ${key}`,
            )
        return { kind: 'file', path: read.file ?? '' }
      case undefined:
        return { kind: 'file', path: read.file ?? '' }
    }
  },
)

/** Text as it is; anything else as JSON, which is how Envoy hands a Struct over. */
const configuration: Field<string> = mapped(json, (value) =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value),
)

const limits = object('limits', {
  call_time: about('Of one callback.', duration({ default: 50, min: 1, max: 60_000 })),
  call_fuel: about(
    'Of one callback, in units of about one instruction of the machine. 0: no limit.',
    unlimited(number({ default: 50_000_000, min: 0, max: 1e15 })),
  ),
  memory: about('Of each VM.', bytes({ default: 64 * MIB, min: 64 << 10, max: 4096 * MIB })),
  instances: about('VMs in each worker.', number({ default: 4, min: 1, max: 1024 })),
  buffer: about('Of a body that it wants to see whole.', bytes({ default: MIB, min: 0, max: 1024 * MIB })),
  callouts: about('Calls of others under way.', number({ default: 128, min: 0, max: 1e6 })),
  logs_per_second: about('What is over is counted.', number({ default: 100, min: 0, max: 1e6 })),
  metrics: about('That it defines.', number({ default: 1000, min: 0, max: 1e6 })),
  shared_data: about('Of its VM id.', bytes({ default: 16 * MIB, min: 0, max: 4096 * MIB })),
})

/** A filter. */
export const filter: Field<FilterSpec> = mapped(
  object('a filter', {
    name: about('Listeners name it.', nameField),
    module: about('Where its code is.', moduleSource),
    root_id: about('Which of the filters of the module it is.', withDefault(text, '')),
    vm_id: about(
      'Filters with the same one share data and queues, as long as any of them is there.',
      withDefault(text, ''),
    ),
    vm_configuration: about('What it is given when a VM starts.', configuration),
    configuration: about('What it is given when it is configured.', configuration),
    environment: about('Variables that it sees.', texts),
    on_failure: about(
      'What becomes of exchanges while it does not work: they are answered with 503, or go on without it.',
      oneOf(['closed', 'open'], 'closed'),
    ),
    limits: about('What is over them is stopped.', limits),
    capabilities: about(
      'What it may do. Default: all.',
      optional(list(oneOf(FILTER_CAPABILITIES, 'headers'))),
    ),
  }),
  (read) => ({
    name: read.name,
    module: read.module,
    rootId: read.root_id,
    vmId: read.vm_id,
    vmConfiguration: read.vm_configuration,
    configuration: read.configuration,
    environment: Object.fromEntries(read.environment),
    failurePolicy: read.on_failure,
    limits: {
      callMs: read.limits.call_time,
      callFuel: read.limits.call_fuel,
      memoryBytesMax: read.limits.memory,
      instancesMax: read.limits.instances,
      bufferBytesMax: read.limits.buffer,
      calloutsMax: read.limits.callouts,
      logsPerSecondMax: read.limits.logs_per_second,
      metricsMax: read.limits.metrics,
      sharedDataBytesMax: read.limits.shared_data,
    },
    capabilities: read.capabilities ?? FILTER_CAPABILITIES,
  }),
)
