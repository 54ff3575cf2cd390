import { InstructionLimit, type RequestInstruction } from '@quadrant/proto'

/**
 * What a server says of requests, bounded: it runs as an ordinary user and we do not. Whether a rule makes sense is checked
 * where it is followed.
 */
export function boundedRequests(requests: RequestInstruction): RequestInstruction {
  const { capturesPerSecond, requestGlobs, routeRules, routesPerService, samplingRules, textLength } =
    InstructionLimit
  const areShort = (...texts: readonly string[]) => texts.every((text) => text.length <= textLength)
  const globs = (list: readonly string[]) => list.filter((glob) => areShort(glob)).slice(0, requestGlobs)
  return {
    ...requests,
    services: globs(requests.services),
    preciseServices: globs(requests.preciseServices),
    redactedHeaders: globs(requests.redactedHeaders),
    redactedParameters: globs(requests.redactedParameters),
    protocols: [...new Set(requests.protocols)].slice(0, requestGlobs),
    samplingRules: requests.samplingRules
      .filter(({ id, header, value, service, route }) => areShort(id, header, value, service, route))
      .slice(0, samplingRules),
    routeRules: requests.routeRules
      .filter(({ service, pattern }) => areShort(service, pattern))
      .slice(0, routeRules),
    capturesPerSecondMax: Math.min(requests.capturesPerSecondMax, capturesPerSecond),
    routesPerServiceMax: Math.min(requests.routesPerServiceMax, routesPerService),
  }
}
