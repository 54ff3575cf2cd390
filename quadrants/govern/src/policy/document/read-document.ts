import { nearest } from '@quadrant/core'
import { findExpressionProblems } from '../cel/expression-problems.ts'
import type { PolicyCodeName } from '../codes.ts'
import { apiVersionOf, type AnyKind, GATEWAY_API_GROUP, QUADRANT_GROUP } from '../kind/kind.ts'
import { findKind, KINDS } from '../kind/kinds.ts'
import { DEFAULT_NAMESPACE, metadata, type Metadata } from '../kind/metadata.ts'
import { ShapeCheck } from '../schema/check-shape.ts'
import { patternProblem } from '../schema/pattern-problem.ts'
import { scalarPlace } from '../yaml/scalar-place.ts'
import { parseYaml } from '../yaml/parse-yaml.ts'
import { firstOf, placeOf, textOf, type YamlMap, type YamlNode } from '../yaml/yaml-node.ts'
import type { DocumentProblem, ReadDocument } from './document.ts'
import { foreignObject } from './foreign-object.ts'
import type { Resource } from './resource.ts'

/** Kinds of Gateway API that nothing here reads. */
const OTHER_GATEWAY_KINDS = new Set([
  'BackendTLSPolicy',
  'GatewayClass',
  'ListenerSet',
  'TCPRoute',
  'TLSRoute',
  'UDPRoute',
])

/** What is said of one document at most; the rest is counted. */
const PROBLEMS_MAX = 100

/** Reads a document by itself. The same text gives the same result. */
export function readDocument(text: string): ReadDocument {
  const { root, problems } = parseYaml(text)
  const found = problems.map(({ kind, range, message, fix }): DocumentProblem => ({
    code: kind,
    severity: 'error',
    range,
    message,
    fix,
  }))
  return bounded(root === undefined ? { ...NOTHING, problems: found } : readRoot(root, text, found))
}

/** Reads a value as if it were a document: what is wrong has no place. */
export function readRoot(root: YamlNode, text: string, found: DocumentProblem[] = []): ReadDocument {
  const wrong = (
    code: PolicyCodeName,
    place: { start: number; end: number },
    message: string,
    fix?: string,
  ) => {
    found.push({ code, severity: 'error', range: place, message, ...(fix === undefined ? {} : { fix }) })
    return { ...NOTHING, root, problems: found }
  }
  if (root.kind !== 'map')
    return wrong(
      'notAResource',
      firstOf(root),
      'a document is a mapping with apiVersion, kind, metadata and spec',
    )
  const apiVersion = textOf(root, 'apiVersion')
  const kindName = textOf(root, 'kind')
  if (apiVersion === undefined || kindName === undefined)
    return wrong(
      'notAResource',
      firstOf(root),
      `a resource says its \`${apiVersion === undefined ? 'apiVersion' : 'kind'}\``,
      apiVersion === undefined ? `apiVersion: ${versionFor(kindName)}` : `kind: ${KINDS[0]!.kind}`,
    )
  const [group, version] = apiVersion.includes('/')
    ? (apiVersion.split('/', 2) as [string, string])
    : ['', apiVersion]
  const kind = findKind(kindName)
  if (group !== QUADRANT_GROUP && group !== GATEWAY_API_GROUP) {
    const near = kind === undefined ? undefined : nearest(group, [kind.group])
    if (kind && near !== undefined)
      return wrong(
        'unknownVersion',
        placeOf(root, ['apiVersion']),
        `${kindName} is of ${kind.group}`,
        apiVersionOf(kind),
      )
    const foreign = foreignObject(root, group, kindName)
    return { ...NOTHING, root, foreign, declares: foreign, problems: found }
  }
  if (kind === undefined || kind.group !== group) {
    if (group === GATEWAY_API_GROUP && OTHER_GATEWAY_KINDS.has(kindName)) {
      found.push({
        code: 'unknownKind',
        severity: 'warning',
        range: placeOf(root, ['kind']),
        message: `${kindName} is not read here: it has no effect`,
      })
      const foreign = foreignObject(root, group, kindName)
      return { ...NOTHING, root, foreign, declares: foreign, problems: found }
    }
    const names = KINDS.filter((one) => one.group === group).map((one) => one.kind)
    if (kind)
      return wrong(
        'unknownVersion',
        placeOf(root, ['apiVersion']),
        `${kindName} is of ${kind.group}`,
        apiVersionOf(kind),
      )
    return wrong(
      'unknownKind',
      placeOf(root, ['kind']),
      `${group} has no kind \`${kindName.slice(0, 63)}\``,
      nearest(kindName, names) ?? `one of ${names.join(', ')}`,
    )
  }
  if (!kind.versions.includes(version))
    return wrong(
      'unknownVersion',
      placeOf(root, ['apiVersion']),
      `${kindName} has no version \`${version.slice(0, 63)}\``,
      apiVersionOf(kind),
    )
  return readResource(root, kind, apiVersion, text, found)
}

function readResource(
  root: YamlMap,
  kind: AnyKind,
  apiVersion: string,
  text: string,
  found: DocumentProblem[],
): ReadDocument {
  const check = new ShapeCheck()
  const value = check.check(
    {
      kind: 'object',
      what: `a ${kind.kind}`,
      fields: {
        apiVersion: { shape: ANY, about: '', isRequired: true },
        kind: { shape: ANY, about: '', isRequired: true },
        metadata: { shape: metadata.shape, about: '', isRequired: true },
        spec: { shape: kind.spec.shape, about: '', isRequired: true },
        status: { shape: ANY, about: '', isRequired: false },
      },
      rules: [],
      isNeverEmpty: false,
      isReference: false,
    },
    root,
  ) as { readonly metadata?: Partial<Metadata>; readonly spec?: unknown }
  for (const { path, isKey, ...problem } of check.problems)
    found.push({ severity: 'error', range: placeOf(root, path, isKey), ...problem })
  for (const { text: pattern, path } of check.patterns) {
    const problem = patternProblem(pattern)
    if (problem) found.push({ code: 'pattern', severity: 'error', range: placeOf(root, path), ...problem })
  }
  for (const { text: source, path, use } of check.expressions)
    for (const { start, end, ...problem } of findExpressionProblems(source, use))
      found.push({ severity: 'error', range: scalarPlace(root, text, path, start, end), ...problem })
  const name = value.metadata?.name
  const namespace = value.metadata?.namespace ?? DEFAULT_NAMESPACE
  const isSound = !found.some(({ severity }) => severity === 'error')
  return {
    root,
    resource: isSound
      ? ({
          apiVersion,
          kind: kind.kind,
          metadata: { ...value.metadata, namespace },
          spec: value.spec,
        } as Resource)
      : undefined,
    foreign: undefined,
    declares: typeof name === 'string' ? { group: kind.group, kind: kind.kind, namespace, name } : undefined,
    references: isSound ? check.references : [],
    problems: found,
  }
}

const ANY = { kind: 'any' } as const
const NOTHING: ReadDocument = {
  root: undefined,
  resource: undefined,
  foreign: undefined,
  declares: undefined,
  references: [],
  problems: [],
}

function versionFor(kindName: string | undefined): string {
  const kind = kindName === undefined ? undefined : findKind(kindName)
  return kind ? apiVersionOf(kind) : `${QUADRANT_GROUP}/v1`
}

function bounded(read: ReadDocument): ReadDocument {
  const { problems } = read
  if (problems.length <= PROBLEMS_MAX) return read
  const last = problems[PROBLEMS_MAX]!
  return {
    ...read,
    problems: [
      ...problems.slice(0, PROBLEMS_MAX),
      {
        code: 'tooLarge',
        severity: 'error',
        range: last.range,
        message: `${problems.length - PROBLEMS_MAX} more problems of this document are not shown`,
      },
    ],
  }
}
