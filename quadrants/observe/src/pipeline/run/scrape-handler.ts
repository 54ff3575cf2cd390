import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { PROMETHEUS_CONTENT_TYPE, type PrometheusExporter } from '../prometheus/prometheus-exporter.ts'
import type { HttpHandler } from '../receiver/otlp-http.ts'

const compress = promisify(gzip)

/** `GET /metrics`, compressed where the scraper takes gzip. */
export function scrapeHandler(exporter: PrometheusExporter): HttpHandler {
  return async (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('metrics are at GET /metrics\n')
      return
    }
    const text = exporter.scrape()
    const isGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    response.writeHead(200, {
      'content-type': PROMETHEUS_CONTENT_TYPE,
      ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
    })
    response.end(isGzip ? await compress(text) : text)
  }
}
