/** One request and the status that it must get. The same table is run against the gate and the real server. */
export interface SecurityCase {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
}

const API = '/quadrant.v1.QuadrantService/GetStatus'

export function securityCases({ port, token }: { port: number; token: string }): SecurityCase[] {
  const host = { Host: `127.0.0.1:${port}` }
  const bearer = { Authorization: `Bearer ${token}` }
  const cookie = { Cookie: `other=1; quadrant_${port}=${token}` }
  const json = { 'Content-Type': 'application/json' }
  const api = (name: string, headers: Record<string, string>, status: number) => ({
    name: `API, ${name}`,
    method: 'POST',
    path: API,
    headers: { ...host, ...json, ...headers },
    status,
  })
  const page = (
    name: string,
    path: string,
    headers: Record<string, string>,
    status: number,
    method = 'GET',
  ) => ({
    name: `page, ${name}`,
    method,
    path,
    headers: { ...host, ...headers },
    status,
  })
  return [
    api('token as bearer', bearer, 200),
    api('token as cookie', cookie, 200),
    api(
      'own origin',
      { ...cookie, Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' },
      200,
    ),
    api('as localhost', { ...bearer, Host: `localhost:${port}` }, 200),
    api('as [::1]', { ...bearer, Host: `[::1]:${port}` }, 200),
    api('no token', {}, 401),
    api('empty bearer', { Authorization: 'Bearer ' }, 401),
    api('wrong token', { Authorization: `Bearer ${token.slice(1)}x` }, 401),
    api('half a token', { Authorization: `Bearer ${token.slice(0, 5)}` }, 401),
    api('token as a password', { Authorization: `Basic ${btoa(`:${token}`)}` }, 401),
    api("another server's cookie", { Cookie: `quadrant_${port + 1}=${token}` }, 401),
    api('wrong cookie', { Cookie: `quadrant_${port}=x` }, 401),
    api('foreign name', { ...bearer, Host: `evil.example:${port}` }, 421),
    api('name that points here', { ...bearer, Host: `127.0.0.1.evil.example:${port}` }, 421),
    api('another port', { ...bearer, Host: `127.0.0.1:${port + 1}` }, 421),
    api('name without a port', { ...bearer, Host: '127.0.0.1' }, 421),
    api('foreign origin', { ...bearer, Origin: 'https://evil.example' }, 403),
    api('origin null', { ...bearer, Origin: 'null' }, 403),
    api('origin of another port', { ...cookie, Origin: `http://127.0.0.1:${port + 1}` }, 403),
    api('origin by https', { ...cookie, Origin: `https://127.0.0.1:${port}` }, 403),
    api('origin by another of our names', { ...cookie, Origin: `http://localhost:${port}` }, 403),
    api('cross-site', { ...cookie, 'Sec-Fetch-Site': 'cross-site' }, 403),
    api('same-site, another port', { ...cookie, 'Sec-Fetch-Site': 'same-site' }, 403),
    { ...api('token in the address', {}, 401), path: `${API}?token=${token}` },
    page('token as cookie', '/', cookie, 200),
    page('by typing the address', '/', { ...cookie, 'Sec-Fetch-Site': 'none' }, 200),
    page('no token', '/', {}, 401),
    page('file without a token', '/assets/index.js', {}, 401),
    page('what is not there, without a token', '/nothing.here', {}, 401),
    page('token in the address', `/?token=${token}`, {}, 303),
    page('token in the address, signed in', `/map?token=${token}`, cookie, 303),
    page('wrong token in the address', '/?token=wrong', {}, 401),
    page('old token in the address, signed in', '/map?token=wrong', cookie, 303),
    page('a query about tokens, signed in', '/map?q=svc:token=x', cookie, 200),
    page('another parameter that ends so', `/?my_token=${token}`, {}, 401),
    page('token in a link of another site', `/?token=${token}`, { 'Sec-Fetch-Site': 'cross-site' }, 403),
    page('foreign name', `/?token=${token}`, { Host: 'evil.example' }, 421),
    page('a preflight', '/', { ...cookie, Origin: 'https://evil.example' }, 403, 'OPTIONS'),
    page('OPTIONS', '/', cookie, 405, 'OPTIONS'),
    page('PUT', '/', cookie, 405, 'PUT'),
    page('HEAD', '/', cookie, 200, 'HEAD'),
  ]
}
