import { gatewayReference } from '@quadrant/extend'
import { diagnosticsReference, policyJsonSchema, policyReference } from '@quadrant/govern/policy'
import type { DescMessage } from '@bufbuild/protobuf'
import {
  CapturedRequestSchema,
  FlowSchema,
  GetFilterHistoryResponseSchema,
  GetMapResponseSchema,
  GetProfileResponseSchema,
  GetRequestInstructionResponseSchema,
  GetRequestsResponseSchema,
  GetStatusResponseSchema,
  HostCapabilitiesSchema,
  ListFiltersResponseSchema,
  RuntimeEventSchema,
} from '@quadrant/proto'
import { jsonDocument } from '../output/json.ts'
import { cliMarkdown } from './cli-markdown.ts'
import { jsonSchema } from './json-schema.ts'
import { protoComments } from './proto-comments.ts'

interface Documented {
  readonly file: string
  readonly desc: DescMessage
  readonly title: string
}

const DOCUMENTED: readonly Documented[] = [
  { file: 'flow.schema.json', desc: FlowSchema, title: 'One flow: a line of `quadrant observe -o jsonl`' },
  {
    file: 'captured-request.schema.json',
    desc: CapturedRequestSchema,
    title: 'A request in full: a line of `quadrant observe --requests -o jsonl`',
  },
  {
    file: 'runtime-event.schema.json',
    desc: RuntimeEventSchema,
    title: 'A collection, or another stop of the world: a line of `quadrant gc -o jsonl`',
  },
  {
    file: 'profile.schema.json',
    desc: GetProfileResponseSchema,
    title: 'The answer of `quadrant profile -o json`',
  },
  { file: 'map.schema.json', desc: GetMapResponseSchema, title: 'The answer of `quadrant top -o json`' },
  {
    file: 'requests.schema.json',
    desc: GetRequestsResponseSchema,
    title: 'The answer of `quadrant top --by routes -o json`',
  },
  {
    file: 'request-instruction.schema.json',
    desc: GetRequestInstructionResponseSchema,
    title:
      'How requests are observed: the answer of `quadrant requests list -o json`, and of what changes it',
  },
  {
    file: 'filters.schema.json',
    desc: ListFiltersResponseSchema,
    title: 'The answer of `quadrant filter list -o json`',
  },
  {
    file: 'filter-history.schema.json',
    desc: GetFilterHistoryResponseSchema,
    title: 'The answer of `quadrant filter list NAME -o json`',
  },
  {
    file: 'status.schema.json',
    desc: GetStatusResponseSchema,
    title: 'The answer of `quadrant status -o json`',
  },
  {
    file: 'doctor.schema.json',
    desc: HostCapabilitiesSchema,
    title: 'The answer of `quadrant doctor -o json`',
  },
]

/** Files of docs/reference that describe the command line and its files: name → content. `protoTexts` are the .proto files, for their comments. */
export function referenceFiles(protoTexts: readonly string[]): ReadonlyMap<string, string> {
  const comments = new Map(protoTexts.flatMap((text) => [...protoComments(text)]))
  const files = new Map([
    ['cli.md', cliMarkdown()],
    ['gateway.md', gatewayReference()],
    ['policy.md', policyReference()],
    ['policy-diagnostics.md', diagnosticsReference()],
    ['policy.schema.json', `${JSON.stringify(policyJsonSchema(), null, 2)}\n`],
  ])
  for (const { file, desc, title } of DOCUMENTED)
    files.set(
      file,
      jsonDocument(jsonSchema(desc, { id: file, title, comment: (name) => comments.get(name) })),
    )
  return files
}
