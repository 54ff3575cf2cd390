import type { Explanation } from './explanation.ts'

/** What can be wrong with a pipeline file (`quadrant pipeline check`). */
export const PIPELINE_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  PIPE001: {
    title: 'the text is no YAML',
    text: `The parser stopped here: a bracket or a quote that is not closed, the same key twice, a tab as indentation.
Aliases (*name) are refused too: write the value out. Inside of { } a value with \${env:NAME} needs quotes.`,
  },
  PIPE002: {
    title: 'a key that is not there',
    text: `The key is not one of this section or component; the fix names the nearest one. Keys are those of the
OpenTelemetry Collector where there is such a setting; docs/guide/pipeline.md lists all.`,
  },
  PIPE003: {
    title: 'a type of component that is not there',
    text: `A component is \`type\` or \`type/name\`. Receivers: quadrant, otlp. Processors: batch, memory_limiter, filter,
attributes, resource, cardinality. Exporters: otlp (gRPC), otlphttp, prometheus, file.`,
  },
  PIPE004: {
    title: 'a value that does not fit',
    text: 'A number out of range, a duration without a unit (200ms, 5s, 1m30s), a list where one value belongs, or the like.',
  },
  PIPE005: {
    title: 'something is missing',
    text: 'A value that has no default, or a pipeline without receivers or exporters.',
  },
  PIPE006: {
    title: 'a pipeline names a component that is not declared',
    text: 'Under service.pipelines only what stands under receivers, processors and exporters can be named, by its whole name.',
  },
  PIPE007: {
    title: 'a component does not carry this signal',
    text: 'prometheus takes metrics only.',
  },
  PIPE008: {
    title: 'a component that no pipeline has',
    text: 'It is declared, and does nothing. A warning.',
  },
  PIPE009: {
    title: 'a signal that is not carried',
    text: 'Pipelines are metrics or traces, also with a name: metrics/internal. Logs and profiles are not carried yet.',
  },
  PIPE010: {
    title: 'a variable of the environment is not set',
    text: `\${env:NAME} takes the value from the environment of the command that reads the file: of \`quadrant up\`, or of
\`quadrant pipeline check\`. \${env:NAME:-value} has a default; $$ is a dollar sign.`,
  },
  PIPE011: {
    title: 'two components want the same port, file or directory',
    text: 'Only one of them could have it. Queues in one directory would read each other.',
  },
  PIPE012: {
    title: 'a port that other machines can reach',
    text: `OTLP has no password: whoever reaches the port can send, or scrape. A warning. Listen on 127.0.0.1, or give tls with
client_ca_file, so that only those with a certificate are heard.`,
  },
  PIPE013: {
    title: 'the file is too large',
    text: 'More than a million characters, 32 levels or 1000 entries in one list.',
  },
  PIPE014: {
    title: 'the memory limiter is not first',
    text: `What it refuses is told to whoever sent it, who comes again later. Behind a batch nobody hears of that any more: the
batch is dropped and counted. A warning.`,
  },
  PIPE015: {
    title: 'a setting without effect',
    text: 'The Collector has it; here it is not needed, for the reason given. A warning.',
  },
}
