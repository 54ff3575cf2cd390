import { choice, number, text } from '../schema/declare.ts'
import type { CelUse } from '../schema/schema.ts'

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'

/** RFC 1123, section 2.1: `shop-cart.v2`. */
export const objectName = text({
  what: 'a name of small letters, digits, `-` and `.`',
  lengthMin: 1,
  lengthMax: 253,
  pattern: new RegExp(`^${SUBDOMAIN}$`),
  example: 'shop-cart',
})

/** Of something that is referred to: the one who declares it says more. */
export const referencedName = text({ what: 'a name', lengthMin: 1, lengthMax: 253 })

export const namespaceName = text({
  what: 'a name of small letters, digits and `-`',
  lengthMin: 1,
  lengthMax: 63,
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  example: 'shop',
})

export const group = text({
  what: 'a group of kinds, such as gateway.networking.k8s.io; empty for those of Kubernetes itself',
  lengthMax: 253,
  pattern: new RegExp(`^$|^${SUBDOMAIN}$`),
  example: '""',
})

export const kindName = text({
  what: 'the name of a kind',
  lengthMin: 1,
  lengthMax: 63,
  pattern: /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/,
  example: 'Service',
})

export const hostname = text({
  what: 'a hostname, whose first label may be `*`',
  lengthMin: 1,
  lengthMax: 253,
  pattern: new RegExp(`^(\\*\\.)?${SUBDOMAIN}$`),
  example: '*.shop.example',
})

export const preciseHostname = text({
  what: 'a hostname',
  lengthMin: 1,
  lengthMax: 253,
  pattern: new RegExp(`^${SUBDOMAIN}$`),
  example: 'shop.example',
})

export const port = number({ min: 1, max: 65_535 })

/** RFC 9110, section 5.1. */
export const headerName = text({
  what: 'the name of a header',
  lengthMin: 1,
  lengthMax: 256,
  pattern: /^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$/,
  example: 'x-tenant',
})

export const headerValue = text({ what: 'a value', lengthMin: 1, lengthMax: 4096 })

export const method = choice(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])

export const labelKey = text({
  what: 'a label: a name, before which a domain and `/` may stand',
  lengthMin: 1,
  lengthMax: 317,
  pattern: new RegExp(`^(${SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$`),
  example: 'app.kubernetes.io/name',
})

export const labelValue = text({
  what: 'a label of letters, digits, `-`, `_` and `.`',
  lengthMax: 63,
  pattern: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
  example: 'shop',
})

const expression = (cel: CelUse, example: string) =>
  text({ what: 'an expression of CEL', lengthMin: 1, lengthMax: 65_536, cel, example })

/** CEL that decides, at the request. */
export const condition = expression({ result: 'bool', moment: 'request' }, "request.method == 'GET'")

/** CEL that decides when the response is known. */
export const lateCondition = expression({ result: 'bool', moment: 'response' }, 'response.code >= 500')

/** CEL that gives a text, at the request. */
export const textExpression = expression(
  { result: 'string', moment: 'request' },
  "request.headers['x-tenant']",
)

/** CEL that gives a text when the response is known. */
export const lateTextExpression = expression(
  { result: 'string', moment: 'response' },
  "response.headers['x-served-by']",
)
