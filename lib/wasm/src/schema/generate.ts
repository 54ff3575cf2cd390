import type { Analysis, Diagnostic } from '@quadrant/core'
import { goMethodsFile, goRuntimeFile, goTypesFile } from './emit/go-file.ts'
import { typescriptFile } from './emit/typescript-file.ts'
import { parseGo } from './go/parse-go.ts'
import { schemaOfGo } from './go/schema-of-go.ts'
import { layOut } from './layout.ts'
import { parseSchema } from './parse-schema.ts'

export type SchemaLanguage = 'capnp' | 'go' | 'ts'

export interface GenerateOptions {
  readonly languages: readonly SchemaLanguage[]
  /** The package of Go types that a `.capnp` file gets. `schema`, if it is not given. */
  readonly goPackage?: string
  /** From where TypeScript imports what reads and writes messages. `@quadrant/wasm/message`, if it is not given. */
  readonly runtime?: string
}

export interface GeneratedFile {
  readonly name: string
  readonly text: string
}

/**
 * Code that reads and writes the structs of a Go file (`.go`) or a Cap'n Proto schema, the same each time. The value is
 * undefined where something cannot be generated, and the diagnostics say what.
 *
 * @param file its name, which the generated ones are named after
 */
export function generateSchema(
  source: string,
  file: string,
  options: GenerateOptions,
): Analysis<readonly GeneratedFile[] | undefined> {
  const stem = file.replace(/^.*\//, '').replace(/\.(?:go|capnp)$/, '')
  return file.endsWith('.go') ? ofGo(source, file, stem, options) : ofSchema(source, file, stem, options)
}

const refused = (diagnostics: readonly Diagnostic[]) => ({ value: undefined, diagnostics })

function ofGo(
  source: string,
  file: string,
  stem: string,
  { languages, runtime = RUNTIME }: GenerateOptions,
): Analysis<readonly GeneratedFile[] | undefined> {
  const parsed = parseGo(source, file)
  if (parsed.value === undefined) return refused(parsed.diagnostics)
  const made = schemaOfGo(parsed.value, file)
  if (made.value === undefined) return refused(made.diagnostics)
  const schema = parseSchema(made.value.text, `${stem}.capnp`)
  const layout = schema.value === undefined ? refused(schema.diagnostics) : layOut(schema.value)
  if (layout.value === undefined) return refused(layout.diagnostics)
  const { name } = parsed.value
  const files = {
    capnp: [{ name: `${stem}.capnp`, text: made.value.text }],
    go: [
      { name: `${stem}_capnp.go`, text: goMethodsFile(name, layout.value, made.value.structs) },
      { name: 'capnp_runtime.go', text: goRuntimeFile(name) },
    ],
    ts: [{ name: `${stem}.ts`, text: typescriptFile(layout.value, runtime) }],
  }
  return { value: languages.flatMap((language) => files[language]), diagnostics: [] }
}

function ofSchema(
  source: string,
  file: string,
  stem: string,
  { languages, goPackage = 'schema', runtime = RUNTIME }: GenerateOptions,
): Analysis<readonly GeneratedFile[] | undefined> {
  const schema = parseSchema(source, file)
  if (schema.value === undefined) return refused(schema.diagnostics)
  const layout = layOut(schema.value)
  if (layout.value === undefined) return refused(layout.diagnostics)
  const files = {
    capnp: [],
    go: [
      { name: `${stem}_capnp.go`, text: goTypesFile(goPackage, layout.value) },
      { name: 'capnp_runtime.go', text: goRuntimeFile(goPackage) },
    ],
    ts: [{ name: `${stem}.ts`, text: typescriptFile(layout.value, runtime) }],
  }
  return { value: languages.flatMap((language) => files[language]), diagnostics: [] }
}

const RUNTIME = '@quadrant/wasm/message'
