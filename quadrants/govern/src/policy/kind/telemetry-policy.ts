import { bool, list, object, optional, required, text } from '../schema/declare.ts'
import { percent } from './limits.ts'
import { lateCondition, lateTextExpression, condition } from './names.ts'
import { policyKind } from './policy-kind.ts'

const attributeName = text({
  what: 'the name of an attribute, such as shop.tenant',
  lengthMin: 1,
  lengthMax: 128,
  pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/,
  example: 'shop.tenant',
})

const attribute = object('an attribute', {
  name: required('In spans and access logs.', attributeName),
  value: required('CEL that gives what it says.', lateTextExpression),
})

const accessLog = object('an access log', {
  when: optional('Requests that get a line. Default: all.', lateCondition),
})

const sampling = object('sampling', {
  percent: required('Of requests get spans.', percent),
  followParent: optional('What the caller has decided holds. Default: true.', bool),
  when: optional('Those for which this is true all get spans.', condition),
})

export const telemetryPolicy = policyKind({
  kind: 'TelemetryPolicy',
  plural: 'telemetrypolicies',
  shortNames: ['tlp'],
  about: 'Which requests leave spans and log lines, and what those say.',
  example: `apiVersion: quadrant.dev/v1
kind: TelemetryPolicy
metadata: { name: errors, namespace: shop }
spec:
  targetRefs: [{ kind: Gateway, name: web }]
  sampling:
    percent: 1
    when: request.headers['x-debug'] == '1'
  accessLog: { when: response.code >= 500 }
  attributes: [{ name: shop.tenant, value: "request.headers['x-tenant']" }]
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute'],
  rules: {
    sampling: optional('Which requests get spans.', sampling),
    accessLog: optional('Which requests get lines.', accessLog),
    attributes: optional('What spans and lines say besides.', list(attribute, { max: 32, keys: ['name'] })),
  },
  base: {},
})
