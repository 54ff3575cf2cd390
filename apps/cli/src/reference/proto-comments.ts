/**
 * Comments of messages (`Flow`) and fields (`Flow.time_ns`) in the text of a .proto file: the lines above them, or
 * behind them on the same line. Generated descriptors carry none.
 */
export function protoComments(text: string): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  const scopes: string[] = []
  let above: string[] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    const remark = /^\/\/ ?(.*)$/.exec(line)?.[1]
    if (remark !== undefined) {
      above.push(remark)
      continue
    }
    const behind = /;\s*\/\/ ?(.*)$/.exec(line)?.[1]
    const block = /^(message|enum|oneof|service)\s+(\w+)\s*\{/.exec(line)
    const field = /^(?:repeated\s+|optional\s+)?[\w.]+\s+(\w+)\s*=\s*\d+/.exec(line)?.[1]
    const comment = [...above, ...(behind === undefined ? [] : [behind])].join(' ').trim()
    // A oneof is no scope in names: its fields belong to the message.
    const scope = scopes.findLast((name) => name !== '')
    if (block?.[1] === 'message' && comment !== '') comments.set(block[2]!, comment)
    else if (!block && field !== undefined && scope !== undefined && comment !== '')
      comments.set(`${scope}.${field}`, comment)
    if (block && !line.endsWith('}')) scopes.push(block[1] === 'message' ? block[2]! : '')
    else if (line === '}') scopes.pop()
    above = []
  }
  return comments
}
