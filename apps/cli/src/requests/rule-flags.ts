import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { RequestProtocol, SamplingRuleSchema, type SamplingRule } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'

/** Protocols as they are typed. */
export const PROTOCOL_VALUES = ['http1', 'http2', 'grpc'] as const
export type ProtocolValue = (typeof PROTOCOL_VALUES)[number]

export const PROTOCOLS: Readonly<Record<ProtocolValue, RequestProtocol>> = {
  http1: RequestProtocol.HTTP1,
  http2: RequestProtocol.HTTP2,
  grpc: RequestProtocol.GRPC,
}

/** What `quadrant requests add` says of a rule. */
export interface RuleFlags {
  /** `NAME`, `NAME=VALUE` or `NAME: VALUE`. */
  readonly header?: string
  readonly service?: string
  readonly route?: string
  readonly proto?: ProtocolValue
  readonly perThousand?: number
  readonly perSecond?: number
  readonly cap?: number
}

/** Which flag a field of a rule was typed as, for problems that the server finds. */
export const RULE_FLAGS: Readonly<Record<string, string>> = {
  id: 'NAME',
  header: '--header',
  value: '--header',
  service: '--service',
  route: '--route',
  protocol: '--proto',
  captures_per_second_max: '--cap',
}

/** The rule; whether it makes sense the server says. @throws CliError QDR-C012 where flags contradict each other */
export function ruleOf(id: string, flags: RuleFlags): SamplingRule {
  const { header, service = '', route = '', proto, perThousand, perSecond, cap = 0 } = flags
  if (perThousand !== undefined && perSecond !== undefined)
    throw usageError('--per-thousand and --per-second are two rates', 'give one of them')
  const rate: MessageInitShape<typeof SamplingRuleSchema>['rate'] =
    perThousand !== undefined
      ? { case: 'perThousand', value: perThousand }
      : perSecond !== undefined
        ? { case: 'perSecond', value: perSecond }
        : { case: undefined }
  return create(SamplingRuleSchema, {
    id,
    ...headerOf(header),
    service,
    route,
    protocol: proto ? PROTOCOLS[proto] : RequestProtocol.UNSPECIFIED,
    rate,
    capturesPerSecondMax: cap,
  })
}

/** A name has neither `=` nor `:`, so the first of them divides. */
function headerOf(text: string | undefined): { header: string; value: string } {
  if (text === undefined) return { header: '', value: '' }
  const [, name = '', value = ''] = /^([^=:]*)(?:[=:](.*))?$/s.exec(text) ?? []
  if (name.trim() === '')
    throw usageError(`--header \`${text}\` has no name`, '--header NAME, or --header NAME=VALUE')
  return { header: name.trim(), value: value.trim() }
}
