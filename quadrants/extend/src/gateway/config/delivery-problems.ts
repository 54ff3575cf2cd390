import { GatewayCode } from './codes.ts'
import type { FilterSpec } from './filter-spec.ts'
import type { ProblemList, ProblemPlace } from './gateway-problem.ts'
import type { GatewaySpec } from './gateway-spec.ts'
import { isDeclared, namedOnce } from './name-problems.ts'
import type { TrustedKeySpec } from './output-spec.ts'

/** Whether filters can come that are to be delivered: from somewhere, each once, signed by keys that are there. */
export function findDeliveryProblems(problems: ProblemList, { filters, delivery }: GatewaySpec): void {
  for (const filter of filters)
    if (filter.module.kind !== 'file' && !delivery)
      problems.wrong(
        GatewayCode.missing,
        [filter, 'module'],
        `filter ${filter.name} is to be delivered, and there is no \`delivery\``,
        'delivery: { server: …, trusted_keys: … }',
      )
  findNamesTwice(problems, filters)
  if (!delivery) return
  if (delivery.trustedKeys.length === 0)
    problems.wrong(
      GatewayCode.missing,
      [delivery],
      'delivery trusts no key, so nothing could be taken',
      'trusted_keys: [{ name: release, file: … }]',
    )
  const keys = namedOnce(problems, 'trusted key', delivery.trustedKeys)
  if (keys.size > 0) findTooFew(problems, delivery.signaturesMin, keys.size, [delivery, 'signatures'])
  for (const filter of filters) findSigningProblems(problems, filter, keys, delivery.signaturesMin)
}

/** What of a filter is called where it comes from; undefined where it comes from a file. */
export function deliveredName({ name, module }: FilterSpec): string | undefined {
  if (module.kind === 'file') return undefined
  return module.kind === 'delivered' ? module.name : name
}

function findNamesTwice(problems: ProblemList, filters: readonly FilterSpec[]): void {
  const names = new Map<string, string>()
  for (const filter of filters) {
    const name = deliveredName(filter)
    if (name === undefined) continue
    const other = names.get(name)
    if (other === undefined) names.set(name, filter.name)
    else
      problems.wrong(
        GatewayCode.duplicate,
        [filter.module, filter.module.kind],
        `filters ${other} and ${filter.name} are both delivered as ${name}`,
        'deliver one of them by another name, or name one filter in both listeners',
      )
  }
}

function findSigningProblems(
  problems: ProblemList,
  { module }: FilterSpec,
  declared: ReadonlyMap<string, TrustedKeySpec>,
  defaultMin: number,
): void {
  if (module.kind === 'file') return
  const { keys, signaturesMin } = module.signing
  if (keys === undefined && signaturesMin === undefined) return
  for (const [index, key] of (keys ?? []).entries())
    isDeclared(problems, 'trusted key', key, declared, [keys!, index])
  const own: ProblemPlace = [module, signaturesMin === undefined ? 'keys' : 'signatures']
  if (declared.size > 0)
    findTooFew(problems, signaturesMin ?? defaultMin, new Set(keys ?? declared.keys()).size, own)
}

function findTooFew(problems: ProblemList, min: number, count: number, place: ProblemPlace): void {
  if (min > count)
    problems.wrong(
      GatewayCode.contradiction,
      place,
      `${min} keys have to have signed, and there are ${count}: nothing could be taken`,
      `signatures: ${Math.max(count, 1)}`,
    )
}
