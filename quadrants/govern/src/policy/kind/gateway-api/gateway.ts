import {
  choice,
  defaulted,
  dictionary,
  list,
  object,
  optional,
  required,
  type RuleOptions,
  text,
} from '../../schema/declare.ts'
import { GATEWAY_API_GROUP, type Kind } from '../kind.ts'
import {
  group,
  hostname,
  kindName,
  labelKey,
  labelValue,
  port,
  referencedName,
  objectName,
} from '../names.ts'
import { localReference, objectReference, secretReference } from '../reference.ts'
import type { ReadOf, WrittenOf } from '../../schema/schema.ts'

const anyText = text({ what: 'a text' })
const longText = text({ what: 'a text', lengthMax: 4096 })

/** `LabelSelector` of Kubernetes. */
const selector = object('a selector', {
  matchLabels: optional('Labels that are there.', dictionary(anyText, { max: 64, key: labelKey })),
  matchExpressions: optional(
    'What holds of labels.',
    list(
      object('an expression', {
        key: required('Of the label.', anyText),
        operator: required('What holds.', choice(['In', 'NotIn', 'Exists', 'DoesNotExist'])),
        values: optional('For `In` and `NotIn`.', list(anyText, { max: 64 })),
      }),
      { max: 64 },
    ),
  ),
})

const namespacesWith = <const T extends string>(what: string, values: readonly T[], fallback: NoInfer<T>) =>
  object(what, {
    from: defaulted('Which namespaces.', choice(values), fallback),
    selector: optional('For `Selector`: labels of the namespaces.', selector),
  })

const routeKind = object('a kind of routes', {
  group: defaulted('Of the kind.', group, GATEWAY_API_GROUP),
  kind: required('Of the routes.', kindName),
})

const allowedRoutes = object('allowed routes', {
  namespaces: defaulted(
    'Where they are.',
    namespacesWith('namespaces of routes', ['All', 'Selector', 'Same'], 'Same'),
    {
      from: 'Same',
    },
  ),
  kinds: optional('Default: what the protocol can carry.', list(routeKind, { max: 8 })),
})

interface TlsRead {
  readonly mode: string
  readonly certificateRefs?: readonly unknown[]
  readonly options?: object
}

const tls = object(
  'tls',
  {
    mode: defaulted(
      'Who has the certificate: the gateway or what is behind it.',
      choice(['Terminate', 'Passthrough']),
      'Terminate',
    ),
    certificateRefs: optional('Certificates with their keys.', list(secretReference, { max: 64 })),
    options: optional('Of implementations; none here.', dictionary(longText, { max: 16, key: labelKey })),
  },
  {
    rules: [
      {
        code: 'missing',
        message: 'mode Terminate needs `certificateRefs` or `options`',
        fix: 'certificateRefs: [{ name: … }]',
        cel: "self.mode == 'Terminate' ? (has(self.certificateRefs) && size(self.certificateRefs) > 0) || (has(self.options) && size(self.options) > 0) : true",
        holds: ({ mode, certificateRefs = [], options = {} }: TlsRead) =>
          mode !== 'Terminate' || certificateRefs.length > 0 || Object.keys(options).length > 0,
      },
    ],
  },
)

const listener = object('a listener', {
  name: required('By which routes and policies can be about this listener alone.', objectName),
  hostname: optional('Which hosts it is for. Default: all.', hostname),
  port: required('Where clients connect.', port),
  protocol: required(
    'What clients speak: `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`, or that of an implementation.',
    text({
      what: 'a protocol',
      lengthMin: 1,
      lengthMax: 255,
      pattern:
        /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$/,
      example: 'HTTPS',
    }),
  ),
  tls: optional('For `HTTPS` and `TLS`.', tls),
  allowedRoutes: defaulted('Which routes it takes.', allowedRoutes, { namespaces: { from: 'Same' } }),
})
type ListenerRead = ReadOf<typeof listener>

const listenerRule = (
  message: string,
  fix: string,
  key: string,
  cel: string,
  isWrong: (listener: ListenerRead) => boolean,
): RuleOptions<readonly ListenerRead[]> => ({
  message,
  fix,
  cel: `self.all(l, ${cel})`,
  holds: (listeners) => !listeners.some(isWrong),
  at: (listeners) => [listeners.findIndex(isWrong), key],
})

const sameAs = (one: ListenerRead) => (other: ListenerRead) =>
  other.port === one.port &&
  other.protocol === one.protocol &&
  (other.hostname ?? '') === (one.hostname ?? '')

const repeated = (listeners: readonly ListenerRead[]) =>
  listeners.findIndex((one, index) => listeners.findIndex(sameAs(one)) < index)

const listenerRules: readonly RuleOptions<readonly ListenerRead[]>[] = [
  listenerRule(
    'a listener of HTTP, TCP or UDP has no `tls`',
    'protocol: HTTPS',
    'tls',
    "l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true",
    ({ protocol, tls }) => ['HTTP', 'TCP', 'UDP'].includes(protocol) && tls !== undefined,
  ),
  listenerRule(
    'a listener of HTTPS has tls of mode Terminate',
    'mode: Terminate',
    'tls',
    "(l.protocol == 'HTTPS' && has(l.tls)) ? l.tls.mode == 'Terminate' : true",
    ({ protocol, tls }) => protocol === 'HTTPS' && tls !== undefined && tls.mode !== 'Terminate',
  ),
  listenerRule(
    'a listener of TLS needs `tls`',
    'tls: { mode: Passthrough }',
    'protocol',
    "l.protocol == 'TLS' ? has(l.tls) : true",
    ({ protocol, tls }) => protocol === 'TLS' && tls === undefined,
  ),
  listenerRule(
    'a listener of TCP or UDP has no `hostname`',
    'remove hostname',
    'hostname',
    "l.protocol in ['TCP', 'UDP'] ? !has(l.hostname) : true",
    ({ protocol, hostname }) => ['TCP', 'UDP'].includes(protocol) && hostname !== undefined,
  ),
  {
    code: 'duplicateItem',
    message: 'another listener has the same port, protocol and hostname',
    fix: 'another port or hostname',
    cel: "self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && l1.?hostname.orValue('') == l2.?hostname.orValue('')))",
    holds: (listeners) => repeated(listeners) === -1,
    at: (listeners) => [repeated(listeners), 'port'],
  },
]

const validation = object('validation of clients', {
  caCertificateRefs: required(
    'Who has to have signed certificates of clients.',
    list(objectReference, { min: 1, max: 16 }),
  ),
  mode: defaulted(
    'Whether clients may come without a certificate that is right.',
    choice(['AllowValidOnly', 'AllowInsecureFallback']),
    'AllowValidOnly',
  ),
})
const frontendTls = object('tls of clients', { validation: optional('Certificates of clients.', validation) })

const gatewayTls = object('tls of a gateway', {
  backend: optional(
    'Towards backends.',
    object('tls of backends', {
      clientCertificateRef: optional('Which certificate they are shown.', secretReference),
    }),
  ),
  frontend: optional(
    'Towards clients.',
    object('tls of clients', {
      default: required('For all ports that have none of their own.', frontendTls),
      perPort: optional(
        'For some ports.',
        list(
          object('tls of a port', {
            port: required('Of the listeners.', port),
            tls: required('What holds for them.', frontendTls),
          }),
          { max: 64, keys: ['port'] },
        ),
      ),
    }),
  ),
})

const address = object('an address', {
  type: defaulted(
    'What the value is.',
    text({
      what: 'a type of addresses',
      lengthMin: 1,
      lengthMax: 253,
      pattern:
        /^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/,
      example: 'IPAddress',
    }),
    'IPAddress',
  ),
  value: optional('Empty: whatever address there is.', text({ what: 'an address', lengthMax: 253 })),
})

const infrastructure = object('infrastructure', {
  labels: optional('Of what is made for it.', dictionary(labelValue, { max: 8, key: labelKey })),
  annotations: optional('Of what is made for it.', dictionary(longText, { max: 16, key: labelKey })),
  parametersRef: optional('More, of the implementation.', localReference),
})

const spec = object('the spec of a Gateway', {
  gatewayClassName: required('Who makes it: `quadrant` for Envoys and gateways of Quadrant.', referencedName),
  listeners: required(
    'Where clients connect.',
    list(listener, { min: 1, max: 64, keys: ['name'], rules: listenerRules }),
  ),
  addresses: optional('Where it can be reached.', list(address, { max: 16 })),
  infrastructure: optional('Of what is made for it.', infrastructure),
  allowedListeners: optional(
    'Who may add listeners by a ListenerSet.',
    object('allowed listeners', {
      namespaces: defaulted(
        'Where they are.',
        namespacesWith('namespaces of listeners', ['All', 'Selector', 'Same', 'None'], 'None'),
        { from: 'None' },
      ),
    }),
  ),
  tls: optional('For all listeners.', gatewayTls),
})

export const gateway: Kind<'Gateway', ReadOf<typeof spec>, WrittenOf<typeof spec>> = {
  group: GATEWAY_API_GROUP,
  versions: ['v1', 'v1beta1'],
  kind: 'Gateway',
  plural: 'gateways',
  shortNames: ['gtw'],
  about: 'Where clients connect, and which routes are theirs.',
  example: `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: '*.shop.example'
      tls: { certificateRefs: [{ name: shop-tls }] }
`,
  spec,
}
