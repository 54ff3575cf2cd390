import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Context } from '../context.ts'
import type { SchemaGenFlags } from '../schema/gen.ts'
import { helpText } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

const diff = buildCommand<NoFlags, [string, string], Context>({
  loader: withContext(async () => (await import('../schema/diff.ts')).runSchemaDiff),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: String, brief: "A Cap'n Proto schema as it was; - is stdin", placeholder: 'OLD' },
        { parse: String, brief: 'The schema as it is to be', placeholder: 'NEW' },
      ],
    },
  },
  docs: {
    brief: "Name what a change of a Cap'n Proto schema breaks between old and new programs",
    fullDescription: helpText(
      [
        "Name what a change of a Cap'n Proto schema breaks between old and new programs: fields that are gone, have another",
        'type, default or number, or came into a union; each with its line and what mends it.',
        '',
        'Names are free, new fields and types too. What the rules of the language do not call safe is told, though it may',
        'happen to work. Exit code 0 where all can read one another, 1 where not.',
      ].join('\n'),
      [
        ['quadrant schema diff old.capnp shop.capnp', 'two files'],
        ['git show HEAD:shop.capnp | quadrant schema diff - shop.capnp', 'against what was committed'],
        ['quadrant explain SCHEMA013', 'more about a code'],
      ],
    ),
  },
})

const gen = buildCommand<SchemaGenFlags, [string], Context>({
  loader: withContext(async () => (await import('../schema/gen.ts')).runSchemaGen),
  parameters: {
    flags: {
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'The folder that files are written to; that of FILE, if it is not given',
        placeholder: 'DIR',
        optional: true,
      },
      lang: {
        kind: 'enum',
        values: ['capnp', 'go', 'ts'],
        brief: 'What is generated: capnp (of Go only), go, ts; may be given several times',
        variadic: ',',
        default: ['capnp', 'go', 'ts'],
      },
      package: {
        kind: 'parsed',
        parse: String,
        brief: 'The package of the Go types that a schema gets (schema)',
        placeholder: 'NAME',
        optional: true,
      },
      check: {
        kind: 'boolean',
        brief: 'Write nothing; say what is not up to date, with exit code 1',
        default: false,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: String, brief: "Go source, or a Cap'n Proto schema", placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'Generate what reads and writes the structs of a Go file or a schema',
    fullDescription: helpText(
      [
        "Generate what reads and writes the structs of a Go file (.go) or a Cap'n Proto schema (.capnp).",
        '',
        'Of Go: the schema, methods MarshalCapnp and UnmarshalCapnp, and TypeScript that reads the messages where they lie in',
        'memory. Of a schema: Go types with those methods, and the TypeScript. Messages have the same bytes whatever wrote them.',
        'Fields have numbers by their order, or by their tag: `capnp:"@3,name"`; `capnp:"-"` leaves one out.',
      ].join('\n'),
      [
        ['quadrant schema gen types.go', 'schema, Go and TypeScript, beside it'],
        ['quadrant schema gen types.go --lang ts --out web/src', 'only what TypeScript needs'],
        ['quadrant schema gen shop.capnp --lang go,ts --package shop', 'from a schema'],
        ['quadrant schema gen types.go --check', 'in continuous integration'],
      ],
    ),
  },
})

export const schema = buildRouteMap({
  routes: { diff, gen },
  docs: { brief: 'Check schemas of the data that programs share, and generate code from them' },
})
