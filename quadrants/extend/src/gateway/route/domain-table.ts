/**
 * Finds what a domain belongs to: itself, else the longest `*suffix`, else the longest `prefix*`, else `*`. A wildcard
 * stands for at least one character. However many domains there are, one look-up reads the name at most three times.
 */
export class DomainTable<T> {
  readonly #exact = new Map<string, T>()
  readonly #suffixes = newNode<T>()
  readonly #prefixes = newNode<T>()
  #rest: T | undefined

  /** @param domain in lower-case */
  add(domain: string, value: T): void {
    if (domain === '*') this.#rest = value
    else if (domain.startsWith('*'))
      nodeOf(this.#suffixes, domain.slice(1).split('').toReversed().join('')).value = value
    else if (domain.endsWith('*')) nodeOf(this.#prefixes, domain.slice(0, -1)).value = value
    else this.#exact.set(domain, value)
  }

  /** @param host in lower-case, without its port */
  find(host: string): T | undefined {
    return (
      this.#exact.get(host) ??
      findSuffix(this.#suffixes, host) ??
      findPrefix(this.#prefixes, host) ??
      this.#rest
    )
  }
}

interface DomainNode<T> {
  value: T | undefined
  readonly children: Map<number, DomainNode<T>>
}

function newNode<T>(): DomainNode<T> {
  return { value: undefined, children: new Map() }
}

function nodeOf<T>(root: DomainNode<T>, text: string): DomainNode<T> {
  let node = root
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const child = node.children.get(code) ?? newNode<T>()
    node.children.set(code, child)
    node = child
  }
  return node
}

function findSuffix<T>(root: DomainNode<T>, host: string): T | undefined {
  let found: T | undefined
  let node: DomainNode<T> | undefined = root
  for (let index = host.length - 1; index > 0; index--) {
    node = node.children.get(host.charCodeAt(index))
    if (!node) break
    found = node.value ?? found
  }
  return found
}

function findPrefix<T>(root: DomainNode<T>, host: string): T | undefined {
  let found: T | undefined
  let node: DomainNode<T> | undefined = root
  for (let index = 0; index < host.length - 1; index++) {
    node = node.children.get(host.charCodeAt(index))
    if (!node) break
    found = node.value ?? found
  }
  return found
}
