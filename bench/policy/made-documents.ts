/** Files of policies as people write them: a service, its route and what holds for it, again and again. */
export function madeFiles(documentCount: number, documentsPerFile: number): ReadonlyMap<string, string> {
  const documents: string[] = [gateway()]
  for (let index = 0; documents.length < documentCount; index++) documents.push(...shop(index))
  documents.length = documentCount
  const files = new Map<string, string>()
  for (let at = 0; at < documents.length; at += documentsPerFile)
    files.set(
      `policies/${at / documentsPerFile}.yaml`,
      documents.slice(at, at + documentsPerFile).join('---\n'),
    )
  return files
}

function gateway(): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec:
  gatewayClassName: quadrant
  listeners:
    - name: http
      port: 80
      protocol: HTTP
      allowedRoutes: { namespaces: { from: All } }
`
}

/** A policy is about something before it: whatever is cut off refers to nothing that is missing. */
function shop(index: number): readonly string[] {
  const name = `cart-${index}`
  const policy = (kind: string, rules: string) => `apiVersion: quadrant.dev/v1
kind: ${kind}
metadata:
  name: ${name}
  namespace: shop
spec:
  targetRefs:
    - kind: HTTPRoute
      name: ${name}
${rules}`
  return [
    `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
spec:
  ports:
    - name: http
      port: 8080
`,
    `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${name}
  namespace: shop
spec:
  parentRefs:
    - name: web
  hostnames:
    - ${name}.shop.example
  rules:
    - name: all
      matches:
        - path:
            type: PathPrefix
            value: /cart/${index}
      backendRefs:
        - name: ${name}
          port: 8080
`,
    policy('TimeoutPolicy', '  request: 3s\n  backendRequest: 1s\n'),
    policy(
      'RateLimitPolicy',
      `  limits:
    - name: each-client
      requests: 100
      window: 10s
      by:
        - type: SourceAddress
          sourceAddress: {}
      when: request.headers['x-tenant'] == 'tenant-${index}'
`,
    ),
    policy(
      'AuthorizationPolicy',
      `  rules:
    - name: web
      action: Allow
      from:
        - principals:
            - spiffe://quadrant.local/ns/shop/sa/web-${index}
      when: request.path.startsWith('/cart/${index}') && request.method in ['GET', 'POST']
  otherwise: Deny
`,
    ),
    policy('RetryPolicy', '  attempts: 2\n  on:\n    - ConnectFailure\n    - GatewayError\n'),
    policy(
      'HeaderPolicy',
      `  response:
    set:
      - name: x-service
        value: ${name}
`,
    ),
    policy(
      'FaultPolicy',
      `  delay:
    duration: 2s
    percent: 5
  when: "'x-chaos-${index}' in request.headers"
`,
    ),
  ]
}
