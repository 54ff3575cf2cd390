const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** A filter that does so when it starts, and has one function that nobody has, where that is asked for. */
export function filterThatStarts(start: readonly number[], importName?: string): Uint8Array {
  const text = (value: string) => [value.length, ...Buffer.from(value)]
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content]
  const exported = (name: string, kind: number, index: number) => [...text(name), kind, index]
  const body = (code: readonly number[]) => [code.length + 2, 0, ...code, 0x0b]
  const first = importName === undefined ? 0 : 1
  return Uint8Array.from([
    ...HEADER,
    // () -> (), (i32) -> i32
    ...section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f]),
    ...(importName === undefined ? [] : section(2, [1, ...text('env'), ...text(importName), 0, 0])),
    ...section(3, [3, 0, 0, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, [
      4,
      ...exported('memory', 2, 0),
      ...exported('proxy_abi_version_0_2_1', 0, first),
      ...exported('_start', 0, first + 1),
      ...exported('proxy_on_memory_allocate', 0, first + 2),
    ]),
    ...section(10, [3, ...body([]), ...body(start), ...body([0x41, 8])]),
  ])
}
