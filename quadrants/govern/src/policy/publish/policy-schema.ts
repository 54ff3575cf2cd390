import { apiVersionOf } from '../kind/kind.ts'
import { KINDS } from '../kind/kinds.ts'
import { metadata } from '../kind/metadata.ts'
import { Definitions, type JsonSchema, schemaOf } from './open-api.ts'

/** JSON Schema (draft 2020-12) of all kinds, for editors: which one is meant is told by `kind`. */
export function policyJsonSchema(): JsonSchema {
  const definitions = new Definitions()
  const dialect = { isStructural: false, definitions }
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'policy.schema.json',
    title: 'A policy of Quadrant, or a route or gateway of Gateway API',
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { enum: [...new Set(KINDS.flatMap(versionsOf))] },
      kind: { enum: KINDS.map(({ kind }) => kind) },
      metadata: schemaOf(metadata.shape, dialect),
      spec: { type: 'object' },
      status: {},
    },
    additionalProperties: false,
    allOf: KINDS.map((kind) =>
      Object.fromEntries([
        ['if', { properties: { kind: { const: kind.kind } }, required: ['kind'] }],
        [
          // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
          'then',
          {
            properties: {
              apiVersion: { enum: versionsOf(kind), default: apiVersionOf(kind) },
              spec: { description: kind.about, ...schemaOf(kind.spec.shape, dialect) },
            },
          },
        ],
      ]),
    ),
  }
  return { ...schema, $defs: definitions.schemas }
}

function versionsOf({ group, versions }: (typeof KINDS)[number]): readonly string[] {
  return versions.map((version) => `${group}/${version}`)
}
