import type { Resource } from '../document/resource.ts'

/**
 * Which of two resources wins a conflict, as Gateway API has it ("Conflict resolution" of GEP-713): the older one; one
 * with a time of creation before one without; then by namespace and name, in the order of their code units. Less than 0:
 * the first.
 */
export function comparePrecedence(a: Resource, b: Resource): number {
  return (
    creationMs(a) - creationMs(b) ||
    compareTexts(a.metadata.namespace, b.metadata.namespace) ||
    compareTexts(a.metadata.name, b.metadata.name)
  )
}

/** Those without a time are younger than all that have one, and as old as each other. */
function creationMs({ metadata }: Resource): number {
  const ms = metadata.creationTimestamp === undefined ? Number.NaN : Date.parse(metadata.creationTimestamp)
  return Number.isNaN(ms) ? Number.MAX_SAFE_INTEGER : ms
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
