import type { Node } from '@quadrant/proto'

/**
 * What a place of the map is called in a table: `cart:8080`, `[2001:db8::1]:443`, or with the address behind the name
 * by which it was asked for: `example.com:443 (10.0.0.7)`.
 *
 * @param id of the node, where it is not described
 * @param port 0: without one
 */
export function nodeText(node: Node | undefined, id: string, port = 0): string {
  const label = node?.label ?? id
  const at = port === 0 ? label : `${label.includes(':') ? `[${label}]` : label}:${port}`
  return node && node.name !== '' ? `${at} (${node.id.slice(node.id.indexOf(':') + 1)})` : at
}
