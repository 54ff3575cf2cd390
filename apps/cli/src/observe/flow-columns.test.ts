import { test } from 'node:test'
import { assertGolden } from '../testing/golden.ts'
import { NOON_MS, SHOP_FLOWS } from '../testing/made-flows.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { flowPrinter } from './flow-printer.ts'

test('flows as rows: piped, on a terminal, wide, as JSON', () => {
  const check = (
    name: string,
    format: 'table' | 'wide' | 'json',
    options: { columns?: number; colour?: boolean },
  ) => {
    const context = memoryContext({ ...options, nowMs: NOON_MS })
    const printer = flowPrinter(format, context)
    printer.print(SHOP_FLOWS.slice(0, 4))
    printer.print(SHOP_FLOWS.slice(4))
    printer.end()
    assertGolden(
      name,
      format === 'json' ? context.out().replaceAll(/"timeNs":\d+/g, '"timeNs":0') : context.out(),
    )
  }
  check('observe-piped.txt', 'table', {})
  check('observe-terminal.txt', 'table', { columns: 100, colour: true })
  check('observe-wide.txt', 'wide', {})
  check('observe-json.txt', 'json', {})
})
