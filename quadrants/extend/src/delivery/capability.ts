import { FILTER_CAPABILITIES, grantedCalls, type FilterCapability } from '../filters/capability.ts'

/** By the host calls that every filter has, and what each capability adds to them. */
const CAPABILITY_OF: ReadonlyMap<string, FilterCapability> = new Map(
  FILTER_CAPABILITIES.flatMap((capability) =>
    [...grantedCalls([capability]).difference(grantedCalls([]))].map((name) => [name, capability] as const),
  ),
)

export function isCapability(text: string): text is FilterCapability {
  return (FILTER_CAPABILITIES as readonly string[]).includes(text)
}

/** What an import of a filter is granted by; undefined for what every filter may call. WASI is everybody's. */
export function capabilityOfImport(module: string, name: string): FilterCapability | undefined {
  return module === 'env' ? CAPABILITY_OF.get(name) : undefined
}
