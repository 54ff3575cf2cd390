/** Lines without what is another one each time: contexts are named in the order in which they are seen, addresses by what they are. */
export function normalised(lines: readonly string[]): string[] {
  const contexts = new Map<string, string>()
  // Of a large body comes what the sockets had.
  const stable = lines.filter((line) => !/(?:_body|_data) \d{5,} /.test(line))
  return stable.map((line) =>
    line
      .replace(/^#\d+ (?:[\w.-]+\/\S+ )?/, (id) => {
        const name = contexts.get(id) ?? `#${contexts.size + 1} `
        contexts.set(id, name)
        return name
      })
      .replaceAll(/\b(?:rust|go|abi-[\w.-]+)(?=\/[\w-]+\/)/g, 'GUEST')
      .replaceAll(/case-[rga]\d{4}\.test/g, 'case.test')
      .replaceAll(/ x-(?:request-id|forwarded-for|forwarded-proto)=[^ \]]*/g, '')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replaceAll(/ ?x-envoy-upstream-service-time=\d+/g, '')
      .replaceAll(/date=[^ \]]*GMT/g, 'date=DATE')
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'),
  )
}
