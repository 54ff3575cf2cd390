import assert from 'node:assert/strict'
import { test } from 'node:test'
import { POLICY_CODES } from '../policy/codes.ts'
import { readDocument } from '../policy/document/read-document.ts'
import { KIND_NAMES } from '../policy/kind/kinds.ts'
import type { Shape } from '../policy/schema/schema.ts'
import { splitDocuments } from '../policy/yaml/split-documents.ts'
import { plainOf } from '../policy/yaml/yaml-node.ts'
import { BACK_END_NAMES, compile, EXAMPLES, expectedOf, workspaceOf } from './testing/example.ts'
import { declaredFields, without, wordsOf, writtenFields } from './testing/written-fields.ts'

/** Fields that change nothing of what proxies get where they are left out, and why that is right. */
const WITHOUT_EFFECT: readonly (readonly [fields: RegExp, why: string])[] = [
  [/\.(group|kind)$/, 'there is one kind alone that can stand there, and it is the default'],
  [/\.strategy$/, 'it is about what others say: lowering/lower.test.ts'],
  [/^Gateway\.(addresses|infrastructure|allowedListeners)/, 'whoever makes machines asks for it'],
  [/^Gateway\.listeners\.tls\.(mode|options)$/, 'listeners of HTTPS have one mode alone, and no options'],
  [
    /^Gateway\.listeners\.allowedRoutes\.namespaces\.selector\.matchLabels$/,
    'a route that is kept out is told',
  ],
  [/^Gateway\.tls\.backend\.clientCertificateRef\./, 'what it is in is refused'],
  [/^TelemetryPolicy\.(sampling|accessLog)\./, 'what it is in is refused'],
  [/^FilterPolicy\.filters\.limits\./, 'what it is in is refused by Envoy'],
  [/\.queryParams\.type$/, 'what it is in is refused by Envoy, for some kinds'],
  [/^ReferenceGrant\.to\.name$/, 'without it more is granted'],
  [/^(HTTP|GRPC)Route\.rules\.backendRefs\.filters\.\w+\./, 'what it is in is refused'],
]

/** No policy of these kinds is about a Service, whose group this would be. */
const IMPOSSIBLE = /^(Header|Fault|TrafficSplit|Mirror|Filter|Telemetry)Policy\.targetRefs\.group: $/

for (const example of EXAMPLES)
  test(`${example.name} is right, and each back end does it or says why not`, () => {
    const workspace = workspaceOf(example)
    assert.deepEqual(workspace.findings(), [])
    const told = BACK_END_NAMES.flatMap((backEnd) =>
      compile(backEnd, workspace).problems.map(({ code, origin }) => {
        const place = workspace.locate(origin)
        assert.equal(place?.file, example.name)
        return `${backEnd} ${POLICY_CODES[code].code} ${place.line}:${place.column}`
      }),
    )
    assert.deepEqual([...new Set(told)].toSorted(), expectedOf(example).toSorted())
  })

test('each field of each kind has an example, and each word that can stand there', () => {
  const fields = new Set<string>()
  const words = new Map<Shape, Set<string>>()
  for (const { text } of EXAMPLES)
    for (const { text: content } of splitDocuments(text)) {
      const { resource } = readDocument(content)
      for (const { field, shape, value } of resource ? writtenFields(resource.kind, resource.spec) : []) {
        fields.add(field)
        const { of } = wordsOf(shape)
        const known = words.get(of) ?? new Set()
        for (const word of [value].flat()) known.add(String(word))
        words.set(of, known)
      }
    }
  const declared = KIND_NAMES.flatMap(declaredFields)
  const missing = declared.filter(({ field }) => !fields.has(field)).map(({ field }) => field)
  for (const { field, shape } of declared) {
    const { of, words: all } = wordsOf(shape)
    missing.push(...all.filter((word) => !words.get(of)?.has(word)).map((word) => `${field}: ${word}`))
  }
  assert.deepEqual(
    missing.filter((one) => !IMPOSSIBLE.test(one)),
    [],
  )
})

test('nothing that is written is left out in silence', () => {
  const effects = new Map<string, Set<string>>()
  for (const { name, text } of EXAMPLES) {
    const documents = splitDocuments(text).map((one) => readDocument(one.text))
    const values = documents.map(({ root }) => plainOf(root!))
    const outcome = (backEnd: string, changed: readonly unknown[]) => {
      // JSON is YAML.
      const workspace = workspaceOf({ name, text: changed.map((one) => JSON.stringify(one)).join('\n---\n') })
      if (workspace.findings().some(({ severity }) => severity === 'error')) return 'wrong'
      const { outputs, problems } = compile(backEnd, workspace)
      return JSON.stringify([outputs, problems.map(({ message }) => message)])
    }
    const before = new Map(BACK_END_NAMES.map((backEnd) => [backEnd, outcome(backEnd, values)]))
    for (const [index, { resource }] of documents.entries())
      for (const { field, path } of resource
        ? writtenFields(resource.kind, (values[index] as { readonly spec: unknown }).spec)
        : []) {
        const known = effects.get(field) ?? new Set()
        effects.set(field, known)
        for (const backEnd of BACK_END_NAMES)
          if (
            !known.has(backEnd) &&
            outcome(backEnd, values.with(index, without(values[index], path))) !== before.get(backEnd)
          )
            known.add(backEnd)
      }
  }
  const idle = [...effects].filter(([, known]) => known.size < BACK_END_NAMES.length).map(([field]) => field)
  assert.deepEqual(
    idle.filter((field) => !WITHOUT_EFFECT.some(([fields]) => fields.test(field))),
    [],
  )
  assert.deepEqual(
    WITHOUT_EFFECT.filter(([fields]) => !idle.some((field) => fields.test(field))),
    [],
    'these do have an effect',
  )
})
