/** Every value in a message that is no message or list itself, whatever its field: a check may have forgotten one. */
export function* leaves(value: unknown): Generator {
  if (typeof value !== 'object' || value === null) yield value
  else for (const inner of Object.values(value)) yield* leaves(inner)
}
