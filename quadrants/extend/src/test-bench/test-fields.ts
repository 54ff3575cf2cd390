import {
  about,
  bool,
  duration,
  json,
  list,
  mapped,
  number,
  object,
  oneOf,
  optional,
  text,
  texts,
  withDefault,
  type ConfigReader,
  type Field,
  type Place,
} from '@quadrant/core/config'
import { FILTER_CAPABILITIES } from '../filters/capability.ts'
import { TestCode } from './codes.ts'
import { bytes, steps } from './connection-fields.ts'
import {
  OUTCOMES,
  type Expectation,
  type MessageExpectation,
  type TestAnswer,
  type TestCase,
  type TestConnection,
  type TestExchange,
  type TestFile,
  type TestRequest,
} from './test-spec.ts'

const DAY_MS = 86_400_000
/** 2026-01-01T00:00:00Z: the same each time, so that what depends on it is, too. */
const START_MS = 1_767_225_600_000
const FAILURES = ['trap', 'stack', 'fuel', 'time', 'host-calls', 'exit', 'start', 'configuration'] as const

/** Text as it is; anything else as JSON. */
const configuration: Field<string> = mapped(json, (value) =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value),
)

const request: Field<TestRequest> = object('a request', {
  method: about('Default: GET, or POST where there is a body.', withDefault(text, '')),
  path: about('With its query.', withDefault(text, '/')),
  headers: about('Also `:authority` and `:scheme`.', texts),
  body: withDefault(text, ''),
  trailers: texts,
})

const answer: Field<TestAnswer> = mapped(
  object('an answer', {
    status: number({ default: 200, min: 100, max: 599 }),
    headers: texts,
    body: withDefault(text, ''),
    trailers: texts,
    broken: about('The connection breaks in place of an answer.', bool(false)),
    after: about('How long it takes.', duration({ default: 0, min: 0, max: DAY_MS })),
  }),
  ({ status, headers, body, trailers, broken, after }) => ({
    status,
    headers,
    body,
    trailers,
    isBroken: broken,
    afterMs: after,
  }),
)

const message = {
  headers: about('These are there, each with that value.', texts),
  absent: about('Names of headers that are not there.', list(text)),
  body: optional(text),
}

const expectedRequest: Field<MessageExpectation> = object('an expected request', message)

const expectedResponse = object('an expected response', {
  status: optional(number({ default: 200, min: 100, max: 599 })),
  ...message,
})

const metrics: Field<ReadonlyMap<string, number>> = mapped(texts, (values, reader, place, name) => {
  const numbers = new Map([...values].map(([metric, value]) => [metric, Number(value)]))
  for (const [metric, value] of numbers)
    if (!Number.isFinite(value))
      reader.wrong(TestCode.wrongValue, place, `\`${metric}\` of ${name} is a number`, `${metric}: 1`)
  return numbers
})

const expectationFields = {
  outcome: about(
    'passed, answered (by the filter), waiting (the filter holds it), reset, or closed (of a connection, by the filter).',
    optional(oneOf(OUTCOMES, 'passed')),
  ),
  request: about('What reaches the upstream.', optional(expectedRequest)),
  response: about('What the client gets.', optional(expectedResponse)),
  to_upstream: about('All that reaches the upstream of a connection.', optional(bytes)),
  to_client: about('All that the client of a connection gets.', optional(bytes)),
  details: about('Of an answer of the filter.', optional(text)),
  logs: about('Each is in a line that the filter logs.', list(text)),
  metrics: about('What the filter has counted by then.', metrics),
  crash: about('Why the filter is over after it.', optional(oneOf(FAILURES, 'trap'))),
}

const expectation: Field<Expectation> = mapped(
  object('expect', expectationFields),
  ({ to_upstream: toUpstream, to_client: toClient, ...rest }) => ({ ...rest, toUpstream, toClient }),
)

const exchangeFields = {
  after: about('How much later than the one before.', duration({ default: 0, min: 0, max: 365 * DAY_MS })),
  request: about('What the client sends.', request),
  response: about('What the upstream answers, if it is asked.', answer),
  connection: about('In place of an exchange a connection of bytes: what comes from either side.', steps),
  expect: about('What is to come of it; what is not said may be as it is.', expectation),
}

interface ReadExchange extends Omit<TestExchange, 'afterMs'> {
  readonly after: number
  readonly connection: TestConnection['steps']
}

/** What there are steps of is a connection. */
function exchangeOf(read: ReadExchange, reader: ConfigReader, place: Place): TestExchange | TestConnection {
  const { after: afterMs, request, response, connection, expect } = read
  if (connection.length === 0) return { afterMs, request, response, expect }
  for (const key of ['request', 'response'])
    if (reader.recall(read, key) !== reader.recall(read))
      reader.wrong(
        TestCode.wrongValue,
        place,
        `a connection has no \`${key}\``,
        'connection: [{ client: hello }]',
      )
  return { afterMs, steps: connection, expect }
}

const exchange: Field<TestExchange | TestConnection> = mapped(
  object('an exchange', exchangeFields),
  exchangeOf,
)

const calls: Field<ReadonlyMap<string, TestAnswer>> = (reader, place, name) =>
  new Map(
    reader.entries(place, `\`${name}\``).map(({ key, value }) => [key, answer(reader, value, key)] as const),
  )

const testCase: Field<TestCase> = mapped(
  object('a case', {
    name: text,
    time: about('When it begins, such as 2026-01-01T00:00:00Z.', optional(text)),
    configuration: about('In place of that of the file.', optional(configuration)),
    calls: about('By the names of clusters: what those answer whom the filter calls.', calls),
    exchanges: about('Several, one after the other, through the same instance.', list(exchange)),
    ...exchangeFields,
  }),
  (read, reader, place) => {
    const startMs = read.time === undefined ? START_MS : Date.parse(read.time)
    if (!Number.isFinite(startMs))
      reader.wrong(
        TestCode.wrongValue,
        reader.recall(read, 'time') ?? place,
        '`time` is a time',
        'time: 2026-01-01T00:00:00Z',
      )
    return {
      name: read.name,
      startMs,
      configuration: read.configuration,
      calls: read.calls,
      exchanges: read.exchanges.length === 0 ? [exchangeOf(read, reader, place)] : read.exchanges,
    }
  },
)

export const testFile: Field<TestFile> = mapped(
  object('a file of cases', {
    filter: about(
      'How the filter is configured.',
      object('filter', {
        root_id: withDefault(text, ''),
        vm_id: withDefault(text, ''),
        configuration: about('Text, or anything else, which it gets as JSON.', configuration),
        vm_configuration: configuration,
        capabilities: about(
          'What it may do. Default: all.',
          optional(list(oneOf(FILTER_CAPABILITIES, 'headers'))),
        ),
      }),
    ),
    cases: list(testCase),
  }),
  ({ filter, cases }) => ({
    filter: {
      rootId: filter.root_id,
      vmId: filter.vm_id,
      configuration: filter.configuration,
      vmConfiguration: filter.vm_configuration,
      capabilities: filter.capabilities ?? FILTER_CAPABILITIES,
    },
    cases,
  }),
)
