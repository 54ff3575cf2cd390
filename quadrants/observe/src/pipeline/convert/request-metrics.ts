import { RequestProtocol, RequestSide, type RequestSeries } from '@quadrant/proto'
import { attributes } from '../attribute.ts'
import { ExponentialHistogram } from '../exponential-histogram.ts'
import { durationPoint } from './duration-point.ts'
import type { MetricName, MetricSet, Window } from './metric.ts'
import { requestAttributes, type RequestContext } from './request-attributes.ts'

/** Semantic conventions, "HTTP metrics" and "RPC metrics"; `quadrant.*` is ours. */
const HTTP_SERVER = {
  name: 'http.server.request.duration',
  unit: 's',
  description: 'Duration of HTTP server requests',
}
const HTTP_CLIENT = {
  name: 'http.client.request.duration',
  unit: 's',
  description: 'Duration of HTTP client requests',
}
const RPC_SERVER = { name: 'rpc.server.duration', unit: 'ms', description: 'Duration of inbound RPC' }
const RPC_CLIENT = { name: 'rpc.client.duration', unit: 'ms', description: 'Duration of outbound RPC' }
const UNTIMED = {
  name: 'quadrant.requests.untimed',
  unit: '{request}',
  description: 'Requests whose duration is not known: no histogram has them',
}

const NS_PER_SECOND = 1e9
const NS_PER_MS = 1e6

/** Adds requests of one process as histograms: those that differ in nothing that is told are one. */
export function addRequests(
  metrics: MetricSet,
  series: readonly RequestSeries[],
  context: RequestContext & { readonly window: Window },
): void {
  const alike = new Map<string, { readonly one: RequestSeries; readonly all: RequestSeries[] }>()
  for (const one of series) {
    const key = JSON.stringify([metricOf(one).name, requestAttributes(one, context)])
    const group = alike.get(key)
    if (group) group.all.push(one)
    else alike.set(key, { one, all: [one] })
  }
  for (const { one, all } of alike.values()) {
    const metric = metricOf(one)
    const told = attributes(requestAttributes(one, context))
    const histogram = new ExponentialHistogram()
    let count = 0
    for (const each of all) {
      count += each.count
      if (each.durations)
        histogram.merge(durationPoint(each.durations, metric.unit === 's' ? NS_PER_SECOND : NS_PER_MS))
    }
    if (histogram.count > 0) metrics.exponential(metric, context.window, told, histogram)
    if (count > histogram.count) metrics.increase(UNTIMED, context.window, told, count - histogram.count)
  }
}

function metricOf({ protocol, side }: RequestSeries): MetricName {
  const isClient = side === RequestSide.CLIENT
  if (protocol === RequestProtocol.GRPC) return isClient ? RPC_CLIENT : RPC_SERVER
  return isClient ? HTTP_CLIENT : HTTP_SERVER
}
