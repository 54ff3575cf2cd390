/** `host` and `:authority` are one (RFC 9113, 8.3.1), as Envoy has it: whatever asks for a field by the name that people know. */
export function fieldName(name: string): string {
  return name === 'host' ? ':authority' : name
}
