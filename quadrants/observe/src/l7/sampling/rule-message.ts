import { RequestProtocol, type SamplingRule as RuleMessage } from '@quadrant/proto'
import type { RequestProtocolName, SamplingRate, SamplingRule } from './sampling-rule.ts'

const NAMES: Readonly<Partial<Record<RequestProtocol, RequestProtocolName>>> = {
  [RequestProtocol.HTTP1]: 'http1',
  [RequestProtocol.HTTP2]: 'http2',
  [RequestProtocol.GRPC]: 'grpc',
}

/** Undefined: one that this version does not know. */
export function protocolNameOf(protocol: RequestProtocol): RequestProtocolName | undefined {
  return NAMES[protocol]
}

/** A rule of an instruction. It is as unchecked as before: `checkSamplingRules` takes it. */
export function samplingRuleOf(message: RuleMessage): SamplingRule {
  const { id, header, value, service, route, protocol, capturesPerSecondMax } = message
  const rate = rateOf(message.rate)
  return {
    id,
    ...(header !== '' && { header }),
    ...(value !== '' && { value }),
    ...(service !== '' && { service }),
    ...(route !== '' && { route }),
    // A protocol that this version does not know is refused by the check.
    ...(protocol !== RequestProtocol.UNSPECIFIED && {
      protocol: NAMES[protocol] ?? (`protocol ${protocol}` as RequestProtocolName),
    }),
    ...(rate && { rate }),
    ...(capturesPerSecondMax !== 0 && { capturesPerSecondMax }),
  }
}

function rateOf(rate: RuleMessage['rate']): SamplingRate | undefined {
  if (rate.case === 'perThousand') return { perThousand: rate.value }
  if (rate.case === 'perSecond') return { perSecond: rate.value }
  return undefined
}
