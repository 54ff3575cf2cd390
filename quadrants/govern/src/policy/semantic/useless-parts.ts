import type { ResourceOf } from '../document/resource.ts'
import type { YamlPath } from '../yaml/yaml-node.ts'
import type { SemanticContext } from './problem.ts'

/** What is written in a policy and changes nothing, or can never be. */
export function findUselessParts(context: SemanticContext): void {
  const { resource } = context.declared.document
  if (resource === undefined) return
  walk(resource.spec, ['spec'], context)
  if (resource.kind === 'AuthorizationPolicy')
    for (const [part, path] of partsOf(resource)) findUselessRules(part, path, context)
  if (resource.kind === 'RetryPolicy') {
    const { attempts, on, codes } = resource.spec
    if (attempts === 0 && (on !== undefined || codes !== undefined))
      context.report({
        code: 'noEffect',
        severity: 'warning',
        path: ['spec', on === undefined ? 'codes' : 'on'],
        isKey: true,
        message: 'with 0 attempts nothing is sent again',
        fix: 'attempts: 1',
      })
  }
}

type Authorization = Pick<ResourceOf<'AuthorizationPolicy'>['spec'], 'rules' | 'otherwise'>

function partsOf({
  spec,
}: ResourceOf<'AuthorizationPolicy'>): readonly (readonly [part: Authorization, path: YamlPath])[] {
  return [
    [spec, ['spec']],
    ...(spec.defaults ? [[spec.defaults, ['spec', 'defaults']] as const] : []),
    ...(spec.overrides ? [[spec.overrides, ['spec', 'overrides']] as const] : []),
  ]
}

/** Rules beside one that has all requests already. */
function findUselessRules(
  { rules = [], otherwise }: Authorization,
  path: YamlPath,
  context: SemanticContext,
): void {
  const hasAll = (action: string) => (rule: (typeof rules)[number]) =>
    rule.action === action &&
    rule.from === undefined &&
    rule.when === undefined &&
    (rule.matches === undefined || rule.matches.length === 0)
  const denying = rules.find(hasAll('Deny'))
  const allowing = rules.find(hasAll('Allow'))
  for (const [index, rule] of rules.entries()) {
    const winner =
      denying && rule !== denying && rule.action !== 'Log'
        ? denying
        : allowing && rule !== allowing && rule.action === 'Allow'
          ? allowing
          : undefined
    if (winner)
      context.report({
        code: 'noEffect',
        severity: 'warning',
        path: [...path, 'rules', index, 'name'],
        message: `this rule decides nothing: \`${winner.name}\` ${winner === denying ? 'denies' : 'allows'} all requests`,
        fix: 'remove it, or give that one conditions',
      })
  }
  const deciding = denying ?? allowing
  if (deciding && otherwise !== undefined)
    context.report({
      code: 'noEffect',
      severity: 'warning',
      path: [...path, 'otherwise'],
      isKey: true,
      message: `\`otherwise\` decides nothing: \`${deciding.name}\` has all requests`,
      fix: 'remove it',
    })
}

/** Lists whose items cancel each other, and conditions that are constant, wherever they stand. */
function walk(value: unknown, path: YamlPath, context: SemanticContext): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, [...path, index], context)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const fields = value as Readonly<Record<string, unknown>>
  if (isNamedList(fields['headers'])) findRepeatedNames(fields['headers'], [...path, 'headers'], context)
  findSetAndRemoved(fields, path, context)
  const { when } = fields
  if (when === 'true' || when === 'false')
    context.report({
      code: when === 'true' ? 'noEffect' : 'impossible',
      severity: 'warning',
      path: [...path, 'when'],
      message: when === 'true' ? 'this condition always holds' : 'this condition never holds',
      fix: when === 'true' ? 'remove it' : 'remove what it is the condition of',
    })
  for (const [key, item] of Object.entries(fields))
    if (key !== 'configuration') walk(item, [...path, key], context)
}

interface Named {
  readonly name: string
  readonly value: string
  readonly type?: string
}

function isNamedList(value: unknown): value is readonly Named[] {
  return (
    Array.isArray(value) &&
    value.every(
      (item: unknown) => typeof item === 'object' && item !== null && 'name' in item && 'value' in item,
    )
  )
}

/** Names of headers are the same in capitals: of several matches Gateway API asks the first. */
function findRepeatedNames(headers: readonly Named[], path: YamlPath, { report }: SemanticContext): void {
  const seen = new Set<string>()
  for (const [index, { name }] of headers.entries()) {
    const lower = name.toLowerCase()
    if (seen.has(lower))
      report({
        code: 'noEffect',
        severity: 'warning',
        path: [...path, index, 'name'],
        message: `\`${name}\` is asked for above, and only that counts`,
        fix: 'remove one of them',
      })
    seen.add(lower)
  }
}

function findSetAndRemoved(
  fields: Readonly<Record<string, unknown>>,
  path: YamlPath,
  { report }: SemanticContext,
): void {
  const { set, add, remove } = fields
  if (!Array.isArray(remove)) return
  const written = new Set(
    [set, add].flatMap((list) => (isNamedList(list) ? list.map(({ name }) => name.toLowerCase()) : [])),
  )
  for (const [index, name] of remove.entries())
    if (typeof name === 'string' && written.has(name.toLowerCase()))
      report({
        code: 'contradiction',
        severity: 'warning',
        path: [...path, 'remove', index],
        message: `\`${name}\` is set or added, and removed`,
        fix: 'remove it from one of the lists',
      })
}
